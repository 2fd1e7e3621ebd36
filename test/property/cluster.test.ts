import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManualClock, seededRandom } from '../../src/base/index.ts';
import { simulatedRuntime, type Runtime } from '../../src/kubelet/index.ts';
import {
  controllerOf,
  DAEMON_SETS,
  DEPLOYMENTS,
  JOBS,
  NODES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  REPLICA_SETS,
  resolveCount,
  STATEFUL_SETS,
  type Deployment,
  type IntOrString,
  type KindRef,
  type KubeObject,
  type Pod,
} from '../../src/model/index.ts';
import { isReady } from '../../src/status/index.ts';
import type { Store } from '../../src/store/index.ts';
import { simulate, type Simulation } from '../daemon/simulation.ts';

/** The whole cluster under one clock: store, API server, controllers, scheduler and nodes. */

const namespace = 'default';
const head = (kind: string, name: string, apiVersion = 'apps/v1') => ({ apiVersion, kind, metadata: { name, namespace } });
const template = (app: string, annotations: Record<string, string> = {}) => ({
  metadata: { labels: { app }, annotations },
  spec: { terminationGracePeriodSeconds: 5, containers: [{ name: 'c', image: `${app}:0` }] },
});
const selector = (app: string) => ({ matchLabels: { app } });
const isLeaving = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined;
const podsOf = async ({ cluster }: Simulation, app: string) =>
  (await cluster.client.list(PODS, { namespace, labelSelector: `app=${app}` })).items;

async function createWeb({ cluster }: Simulation, replicas: number, rollingUpdate: { maxSurge: IntOrString; maxUnavailable: IntOrString }) {
  const spec = {
    replicas,
    strategy: { type: 'RollingUpdate' as const, rollingUpdate },
    selector: selector('web'),
    template: template('web'),
  };
  await cluster.client.create(DEPLOYMENTS, { ...head('Deployment', 'web'), spec });
}

const createDb = ({ cluster }: Simulation, replicas: number) =>
  cluster.client.create(STATEFUL_SETS, {
    ...head('StatefulSet', 'db'),
    spec: { replicas, selector: selector('db'), template: template('db') },
  });

const createAgent = ({ cluster }: Simulation) =>
  cluster.client.create(DAEMON_SETS, {
    ...head('DaemonSet', 'agent'),
    spec: { selector: selector('agent'), template: template('agent') },
  });

const createWork = ({ cluster }: Simulation, completions: number, runFor: string) =>
  cluster.client.create(JOBS, {
    ...head('Job', 'work', 'batch/v1'),
    spec: {
      completions,
      parallelism: 2,
      completionMode: 'Indexed',
      template: {
        metadata: { annotations: { 'slipway.dev/run-for': runFor } },
        spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
      },
    },
  });

const patch = ({ cluster }: Simulation, kind: KindRef<KubeObject>, name: string, spec: object) =>
  cluster.client.patch({ kind, name, namespace }, { type: 'merge', patch: { spec } });
const image = (version: number, app: string) => ({ template: { spec: { containers: [{ name: 'c', image: `${app}:${version}` }] } } });

/** Looks at the pods after each change of one of them, and keeps what was wrong. */
function watchPods({ cluster }: Simulation, app: string, look: (pods: readonly Pod[], created: Pod | undefined) => string | undefined) {
  const pods = new Map<string, Pod>();
  const wrong: string[] = [];
  let hasBegun = false;
  const subscription = cluster.client.informer(PODS).subscribe(({ before, after }) => {
    const pod = (after ?? before)!;
    if (pod.metadata.labels?.['app'] !== app) return;
    const isNew = after !== undefined && pods.get(pod.metadata.name)?.metadata.uid !== after.metadata.uid;
    if (after) pods.set(pod.metadata.name, after);
    else pods.delete(pod.metadata.name);
    const problem = hasBegun && look([...pods.values()], isNew ? after : undefined);
    if (problem) wrong.push(`revision ${pod.metadata.resourceVersion}: ${problem}`);
  });
  hasBegun = true;
  return { wrong, close: () => subscription.close() };
}

const count = fc.oneof(
  fc.nat({ max: 3 }),
  fc.constantFrom('10%', '25%', '40%').map((percent): IntOrString => percent),
);
const wait = fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 4_000 }) });

async function within<T>(simulation: Simulation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await simulation.scope.close();
  }
}

test('no rollout ever leaves fewer pods available, or has more of them, than its strategy says', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: wait },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('image' as const), version: fc.nat({ max: 2 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('paused' as const), paused: fc.boolean() }) },
  );
  const start = fc.record({
    replicas: fc.integer({ min: 1, max: 7 }),
    maxSurge: count,
    maxUnavailable: count,
    seed: fc.nat({ max: 1_000 }),
  });
  await fc.assert(
    fc.asyncProperty(start, fc.array(step, { minLength: 3, maxLength: 10, size: 'max' }), async ({ replicas, seed, ...bounds }, steps) => {
      const surge = resolveCount(bounds.maxSurge, replicas, 'up');
      const spared = resolveCount(bounds.maxUnavailable, replicas, 'down');
      fc.pre(bounds.maxSurge !== 0 || bounds.maxUnavailable !== 0);
      const least = replicas - (surge === 0 && spared === 0 ? 1 : spared);
      const simulation = await simulate(seed);
      await within(simulation, async () => {
        await createWeb(simulation, replicas, bounds);
        await simulation.clock.advance(10_000);
        const watch = watchPods(simulation, 'web', (pods) => {
          const available = pods.filter((pod) => isReady(pod) && !isLeaving(pod)).length;
          const all = pods.filter((pod) => !isLeaving(pod)).length;
          if (available < least) return `${available} of at least ${least} are available`;
          return all > replicas + surge ? `${all} of at most ${replicas + surge} pods` : undefined;
        });
        for (const each of [...steps, { kind: 'paused' as const, paused: false }]) {
          if (each.kind === 'wait') await simulation.clock.advance(each.ms);
          else if (each.kind === 'image') await patch(simulation, DEPLOYMENTS, 'web', image(each.version, 'web'));
          else await patch(simulation, DEPLOYMENTS, 'web', { paused: each.paused });
        }
        await simulation.clock.advance(120_000);
        watch.close();
        expect(watch.wrong).toEqual([]);
        const { spec, status } = await simulation.cluster.client.get<Deployment>(DEPLOYMENTS, 'web', namespace);
        expect(status).toMatchObject({ replicas, updatedReplicas: replicas, availableReplicas: replicas });
        const images = (await podsOf(simulation, 'web')).map((pod) => pod.spec.containers[0]!.image);
        expect(images).toEqual(Array(replicas).fill(spec.template.spec.containers[0]!.image));
      });
    }),
    { numRuns: 25, seed: 1 },
  );
}, 120_000);

test('a StatefulSet never makes a pod while one of a lower ordinal is missing or not ready', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: wait },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('image' as const), version: fc.nat({ max: 2 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('scale' as const), replicas: fc.nat({ max: 5 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), ordinal: fc.nat({ max: 4 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 1_000 }), fc.array(step, { minLength: 4, maxLength: 12, size: 'max' }), async (seed, steps) => {
      const simulation = await simulate(seed);
      await within(simulation, async () => {
        const ordinalOf = ({ metadata }: Pod) => Number(metadata.name.slice('db-'.length));
        const watch = watchPods(simulation, 'db', (pods, created) => {
          if (!created) return undefined;
          const serving = new Set(pods.filter((pod) => isReady(pod) && !isLeaving(pod)).map(ordinalOf));
          const lower = Array.from({ length: ordinalOf(created) }, (_, ordinal) => ordinal);
          const missing = lower.filter((ordinal) => !serving.has(ordinal));
          return missing.length > 0 ? `${created.metadata.name} was made without ${missing.join()}` : undefined;
        });
        await createDb(simulation, 3);
        let replicas = 3;
        let version = 0;
        for (const each of steps) {
          if (each.kind === 'wait') await simulation.clock.advance(each.ms);
          else if (each.kind === 'image') await patch(simulation, STATEFUL_SETS, 'db', image((version = each.version), 'db'));
          else if (each.kind === 'scale') await patch(simulation, STATEFUL_SETS, 'db', { replicas: (replicas = each.replicas) });
          else await simulation.cluster.client.delete({ kind: PODS, name: `db-${each.ordinal}`, namespace }).catch(() => undefined);
        }
        await simulation.clock.advance(180_000);
        watch.close();
        expect(watch.wrong).toEqual([]);
        const found = (await podsOf(simulation, 'db')).map(({ metadata, spec }) => `${metadata.name} ${spec.containers[0]!.image}`);
        expect(found.toSorted()).toEqual(Array.from({ length: replicas }, (_, ordinal) => `db-${ordinal} db:${version}`));
      });
    }),
    { numRuns: 20, seed: 2 },
  );
}, 120_000);

/** All of it, without names and times. */
async function picture(simulation: Simulation): Promise<unknown> {
  const { client } = simulation.cluster;
  const pods = (await client.list(PODS, { namespace })).items.map(
    (pod) =>
      `${controllerOf(pod)?.name ?? ''} ${pod.spec.containers[0]!.image} ${pod.status?.phase} ${pod.metadata.finalizers?.join() ?? ''}`,
  );
  const sets = (await client.list(REPLICA_SETS, { namespace })).items.map(
    ({ metadata, status }) => `${metadata.annotations?.['deployment.kubernetes.io/revision']} ${status?.readyReplicas ?? 0}`,
  );
  const web = (await client.get<Deployment>(DEPLOYMENTS, 'web', namespace)).status;
  const db = (await client.get(STATEFUL_SETS, 'db', namespace)).status;
  const { succeeded, failed, completedIndexes, uncountedTerminatedPods } = (await client.get(JOBS, 'work', namespace)).status!;
  const counts = [web?.replicas, web?.updatedReplicas, web?.availableReplicas, db?.replicas, db?.updatedReplicas, db?.availableReplicas];
  const { updatedNumberScheduled, numberReady } = (await client.get(DAEMON_SETS, 'agent', namespace)).status!;
  counts.push(updatedNumberScheduled, numberReady);
  const drained = (await podsOf(simulation, 'web')).filter(({ spec }) => spec.nodeName === 'node-0');
  return {
    drained,
    pods: pods.toSorted(),
    sets: sets.toSorted(),
    counts,
    job: { succeeded, failed, completedIndexes, uncountedTerminatedPods },
  };
}

/** What runs outlives the process that started it, which does nothing more once it is killed. */
function mortal(runtime: Runtime): { readonly runtime: Runtime; kill(): void } {
  let isDead = false;
  const get = (target: Runtime, name: keyof Runtime): unknown => {
    const value: unknown = target[name];
    if (typeof value !== 'function') return value;
    return (...args: unknown[]): unknown => {
      if (isDead) throw new Error('killed');
      return value.apply(target, args);
    };
  };
  return { runtime: new Proxy(runtime, { get: (target, name) => get(target, name as keyof Runtime) }), kill: () => (isDead = true) };
}

/** As `kubectl drain` does, once: what a budget keeps is left for the next time. */
async function drain({ cluster: { client } }: Simulation, node: string): Promise<void> {
  const { items } = await client.list(PODS, { namespace, labelSelector: 'app in (web,db)', fieldSelector: `spec.nodeName=${node}` });
  for (const { metadata } of items) {
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: metadata.name, namespace } };
    await client.post({ kind: PODS, name: metadata.name, namespace, subresource: 'eviction' }, eviction).catch(() => undefined);
  }
}

/** The moment after so many more writes: what was written until then, or undefined when nothing is written any more. */
function afterWrites({ cluster: { store } }: Simulation, writes: number, kill: () => void): { readonly left: () => Store | undefined } {
  let left: Store | undefined;
  let seen = 0;
  const changed = () => {
    if (++seen !== writes) return;
    left = store.fork();
    kill();
  };
  store.watch('', store.revision, { changed, ended: () => undefined });
  return { left: () => left };
}

/**
 * A life for each cut, which ends in the middle of what it does after so many writes; another one takes over what it wrote. What
 * runs is still there, as processes are, or is known by what was reported of it, as what is simulated.
 */
async function live(cuts: readonly number[]): Promise<unknown> {
  const clock = new ManualClock();
  const boot = (seed: number) => simulatedRuntime({ clock, random: seededRandom(seed), startDelayMs: 800 });
  let containers = boot(7);
  let life = mortal(containers);
  let simulation = await simulate(7, 3, { clock, runtime: life.runtime });
  await createWeb(simulation, 4, { maxSurge: 1, maxUnavailable: 0 });
  await createDb(simulation, 3);
  await createAgent(simulation);
  await createWork(simulation, 5, '3s');
  await simulation.cluster.client.create(POD_DISRUPTION_BUDGETS, {
    ...head('PodDisruptionBudget', 'web', 'policy/v1'),
    spec: { maxUnavailable: 1, selector: selector('web') },
  });
  await clock.advance(1_500);
  await patch(simulation, DEPLOYMENTS, 'web', image(1, 'web'));
  await patch(simulation, STATEFUL_SETS, 'db', image(1, 'db'));
  await patch(simulation, DAEMON_SETS, 'agent', image(1, 'agent'));
  await simulation.cluster.client.patch({ kind: NODES, name: 'node-0' }, { type: 'merge', patch: { spec: { unschedulable: true } } });
  for (const [n, writes] of cuts.entries()) {
    const { left } = afterWrites(simulation, writes, life.kill);
    await drain(simulation, 'node-0');
    for (let second = 0; second < 30 && !left(); second++) await clock.advance(1_000);
    const store = left() ?? simulation.cluster.store.fork();
    life.kill();
    await simulation.scope.close();
    if (n % 2 === 1) containers = boot(n + 8);
    life = mortal(containers);
    // Another life draws other names.
    simulation = await simulate(n + 8, 3, { clock, store, runtime: life.runtime });
  }
  return within(simulation, async () => {
    for (let minute = 0; minute < 8; minute++) {
      await drain(simulation, 'node-0');
      await clock.advance(60_000);
    }
    return picture(simulation);
  });
}

test('a cluster whose process is killed after any write of a roll-out, a job or a drain comes to the same end as one that is not', async () => {
  const undisturbed = await live([]);
  expect(undisturbed).toMatchObject({
    counts: [4, 4, 4, 3, 3, 3, 3, 3],
    job: { succeeded: 5, failed: undefined, completedIndexes: '0-4', uncountedTerminatedPods: {} },
    drained: [],
  });
  const writes = fc.integer({ min: 1, max: 150 });
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { minLength: 1, maxLength: 6, size: 'max' }), async (cuts) => {
      expect(await live(cuts)).toEqual(undisturbed);
    }),
    { numRuns: 10, seed: 3 },
  );
}, 120_000);
