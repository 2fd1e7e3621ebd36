import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { startControllers } from '../../src/controllers/index.ts';
import {
  CONTROLLER_REVISIONS,
  controllerOf,
  DAEMON_SETS,
  DEPLOYMENTS,
  formatTime,
  JOBS,
  NODES,
  PODS,
  REPLICA_SETS,
  STATEFUL_SETS,
  type KindRef,
  type Pod,
} from '../../src/model/index.ts';
import { isReady } from '../../src/status/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

const CONTROLLERS = ['deployment', 'replicaset', 'statefulset', 'daemonset', 'job', 'garbage-collector'];
const template = (app: string, image: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image }] } });
const head = (kind: string, name: string, apiVersion = 'apps/v1') => ({ apiVersion, kind, metadata: { name, namespace: 'default' } });
const selector = (app: string) => ({ matchLabels: { app } });

/** Everything that can be rolled, and a job. */
async function createAll({ client }: ControlPlane): Promise<void> {
  await client.create(DEPLOYMENTS, {
    ...head('Deployment', 'web'),
    spec: { replicas: 4, selector: selector('web'), template: template('web', 'x:1') },
  });
  await client.create(STATEFUL_SETS, {
    ...head('StatefulSet', 'db'),
    spec: { replicas: 3, selector: selector('db'), template: template('db', 'x:1') },
  });
  await client.create(DAEMON_SETS, {
    ...head('DaemonSet', 'agent'),
    spec: { selector: selector('agent'), template: template('agent', 'x:1') },
  });
  const job = {
    completions: 6,
    parallelism: 2,
    backoffLimit: 3,
    template: { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'x' }] } },
  };
  await client.create(JOBS, { ...head('Job', 'work', 'batch/v1'), spec: job });
}

async function rollAll({ client }: ControlPlane): Promise<void> {
  const spec = { template: { spec: { containers: [{ name: 'c', image: 'x:2' }] } } };
  const roll = (kind: KindRef, name: string) => client.patch({ kind, name, namespace: 'default' }, { type: 'merge', patch: { spec } });
  await roll(DEPLOYMENTS, 'web');
  await roll(STATEFUL_SETS, 'db');
  await roll(DAEMON_SETS, 'agent');
}

/** Pods start, and those of the job end. */
async function live({ client, trusted, clock }: ControlPlane): Promise<void> {
  for (const pod of (await client.list(PODS, { namespace: 'default' })).items) {
    if (pod.status?.phase === 'Succeeded' || isReady(pod) || pod.metadata.deletionTimestamp) continue;
    const isWork = controllerOf(pod)?.kind === 'Job';
    const time = formatTime(clock.now());
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: time } as const];
    const status: Pod['status'] = isWork ? { phase: 'Succeeded' } : { phase: 'Running', conditions };
    await trusted.updateStatus(PODS, { ...pod, status }).catch(() => undefined);
  }
}

/** What there is at the end, without names that chance gave. */
async function picture({ client }: ControlPlane): Promise<unknown> {
  const namespace = 'default';
  const { items: pods } = await client.list(PODS, { namespace });
  const owner = (pod: Pod) => controllerOf(pod)?.kind;
  const shown = pods.map(
    (pod) =>
      `${owner(pod)} ${owner(pod) === 'StatefulSet' ? pod.metadata.name : ''} ${pod.spec.containers[0]!.image} ${pod.metadata.finalizers?.join() ?? ''}`,
  );
  const sets = (await client.list(REPLICA_SETS, { namespace })).items.map(({ metadata, spec }) => [
    metadata.annotations!['deployment.kubernetes.io/revision'],
    spec.replicas,
    spec.template.spec.containers[0]!.image,
  ]);
  const revisions = (await client.list(CONTROLLER_REVISIONS, { namespace })).items.map(({ metadata, revision }) => [
    metadata.name,
    revision,
  ]);
  const { succeeded, failed, uncountedTerminatedPods, conditions } = (await client.get(JOBS, 'work', namespace)).status!;
  const job = { succeeded, failed, uncountedTerminatedPods, conditions: conditions?.map(({ type }) => type) };
  const { status: web } = await client.get(DEPLOYMENTS, 'web', namespace);
  const { status: db } = await client.get(STATEFUL_SETS, 'db', namespace);
  const { status: agent } = await client.get(DAEMON_SETS, 'agent', namespace);
  const counts = { web: { ...web, conditions: web?.conditions?.map(({ type, reason }) => [type, reason]).toSorted() }, db, agent };
  return { pods: shown.toSorted(), sets: sets.toSorted(), revisions: revisions.toSorted(), job, counts };
}

/** Each cut lets so many turns of the event loop pass, and then ends all controllers; others take over at once. */
async function run(cuts: readonly number[]): Promise<unknown> {
  const plane = await controlPlane();
  const { clock, client, trusted, api } = plane;
  for (const name of ['a', 'b', 'c']) await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {} });
  const start = (n: number) => {
    const scope = new Scope(`controllers ${n}`);
    startControllers({ client: trusted, clock, random: seededRandom(n), log: silentLog, scope, kinds: api.kinds, only: CONTROLLERS });
    return scope;
  };
  let scope = start(0);
  await createAll(plane);
  for (const [n, turns] of cuts.entries()) {
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await scope.close();
    scope = start(n + 1);
    if (n % 2 === 1) await live(plane);
    if (n === 3) await rollAll(plane);
  }
  if (cuts.length <= 3) await rollAll(plane);
  for (let round = 0; round < 40; round++) {
    await clock.advance(1_000);
    await live(plane);
  }
  await scope.close();
  return picture(plane);
}

describe('controllers that are ended at any moment', () => {
  test('come to the same end as those that are not', async () => {
    const undisturbed = await run([]);
    expect(undisturbed).toMatchObject({
      job: { succeeded: 6, conditions: ['SuccessCriteriaMet', 'Complete'] },
      counts: { db: { updatedReplicas: 3 }, agent: { updatedNumberScheduled: 3 } },
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 12 }), { maxLength: 12 }), async (cuts) => {
        expect(await run(cuts)).toEqual(undisturbed);
      }),
      { numRuns: 20, seed: 1 },
    );
  }, 60_000);
});
