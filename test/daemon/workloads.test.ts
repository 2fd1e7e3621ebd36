import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScopes } from '../../src/base/index.ts';
import {
  CONTROLLER_REVISIONS,
  CRON_JOBS,
  DAEMON_SETS,
  EVENTS,
  JOBS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  type DaemonSet,
  type Job,
  type KindRef,
  type KubeObject,
  type Pod,
  type StatefulSet,
} from '../../src/model/index.ts';
import { simulate, type Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(async () => {
  simulation = await simulate(1, 4);
});
afterEach(async () => {
  await simulation.scope.close();
  expect(openScopes()).toEqual([]);
});

const labels = { app: 'web' };
const head = (kind: string, apiVersion = 'apps/v1') => ({ apiVersion, kind, metadata: { name: 'web', namespace: 'default' } });
const template = (image = 'x:1', annotations?: Record<string, string>) => ({
  metadata: { labels, ...(annotations ? { annotations } : {}) },
  spec: { containers: [{ name: 'c', image }] },
});

const create = async <T extends KubeObject>(kind: KindRef<T>, object: T) => {
  await simulation.cluster.client.create(kind, object);
};
const get = <T>(kind: KindRef<T>, name = 'web') => simulation.cluster.client.get(kind, name, 'default');
const patch = (kind: KindRef, spec: object, name = 'web') =>
  simulation.cluster.client.patch({ kind, name, namespace: 'default' }, { type: 'merge', patch: { spec } });
const pods = async () => (await simulation.cluster.client.list(PODS, { namespace: 'default' })).items;
const until = (done: () => boolean | Promise<boolean>, limit = 120_000) => simulation.clock.advanceUntil(done, limit);
const events = async () =>
  (await simulation.cluster.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason, message }) => `${reason}: ${message}`);
const isReady = ({ status }: Pod) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
const imageOf = ({ spec }: Pod) => spec.containers[0]!.image;

/** What a look at every revision of the pods shows. */
function follow<T>(look: (living: readonly Pod[]) => T): { readonly seen: T[]; close(): void } {
  const informer = simulation.cluster.client.informer(PODS);
  const seen: T[] = [];
  const following = informer.subscribe(() => {
    seen.push(look(informer.list('default').filter((pod) => !pod.metadata.deletionTimestamp)));
  });
  return { seen, close: () => following.close() };
}

describe('a DaemonSet', () => {
  const daemonSet = (spec: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
    ...head('DaemonSet'),
    spec: { selector: { matchLabels: labels }, template: template(), ...spec },
  });
  const isRolled = async () => {
    const { metadata, status } = await get(DAEMON_SETS);
    return status?.observedGeneration === metadata.generation && status?.updatedNumberScheduled === 4 && status.numberAvailable === 4;
  };

  test('has one pod on every node that it fits, also on one that comes later', async () => {
    const client = simulation.cluster.client;
    await client.patch({ kind: NODES, name: 'node-0' }, { type: 'merge', patch: { metadata: { labels: { disk: 'ssd' } } } });
    await create(DAEMON_SETS, daemonSet({ template: { ...template(), spec: { ...template().spec, nodeSelector: { disk: 'ssd' } } } }));
    await until(async () => (await get(DAEMON_SETS)).status?.numberReady === 1);
    expect((await pods()).map(({ spec }) => spec.nodeName)).toEqual(['node-0']);
    await client.patch({ kind: NODES, name: 'node-2' }, { type: 'merge', patch: { metadata: { labels: { disk: 'ssd' } } } });
    await until(async () => (await get(DAEMON_SETS)).status?.numberReady === 2);
    await client.patch({ kind: NODES, name: 'node-0' }, { type: 'merge', patch: { metadata: { labels: { disk: null } } } });
    await until(async () => (await pods()).length === 1);
    expect((await pods()).map(({ spec }) => spec.nodeName)).toEqual(['node-2']);
    expect((await get(DAEMON_SETS)).status).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1, numberMisscheduled: 0 });
  });

  test('is rolled node by node, and never lacks more pods than it may', async () => {
    await create(DAEMON_SETS, daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } } }));
    await until(isRolled);
    const watching = follow((living) => living.filter(isReady).length);
    await patch(DAEMON_SETS, { template: template('x:2') });
    await until(async () => (await isRolled()) && (await pods()).every((pod) => imageOf(pod) === 'x:2'));
    watching.close();
    expect(Math.min(...watching.seen)).toBe(2);
    expect(
      (await simulation.cluster.client.list(CONTROLLER_REVISIONS, { namespace: 'default' })).items
        .map(({ revision }) => revision)
        .toSorted(),
    ).toEqual([1, 2]);
  });

  test('with surge starts the new pod of a node before the old one goes', async () => {
    await create(DAEMON_SETS, daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
    await until(isRolled);
    const watching = follow((living) => [living.filter(isReady).length, living.length] as const);
    await patch(DAEMON_SETS, { template: template('x:2') });
    await until(async () => (await isRolled()) && (await pods()).every((pod) => imageOf(pod) === 'x:2') && (await pods()).length === 4);
    watching.close();
    expect(Math.min(...watching.seen.map(([ready]) => ready))).toBe(4);
    expect(Math.max(...watching.seen.map(([, all]) => all))).toBe(5);
  });

  test('gives an old template its revision back under a new number', async () => {
    await create(DAEMON_SETS, daemonSet());
    await until(isRolled);
    for (const image of ['x:2', 'x:1']) {
      await patch(DAEMON_SETS, { template: template(image) });
      await until(async () => (await isRolled()) && (await pods()).every((pod) => imageOf(pod) === image));
    }
    const revisions = (await simulation.cluster.client.list(CONTROLLER_REVISIONS, { namespace: 'default' })).items;
    expect(revisions.map(({ revision }) => revision).toSorted()).toEqual([2, 3]);
  });

  test('stays on a node that is cordoned', async () => {
    await create(DAEMON_SETS, daemonSet());
    await until(isRolled);
    await simulation.cluster.client.patch(
      { kind: NODES, name: 'node-0' },
      {
        type: 'merge',
        patch: { spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] } },
      },
    );
    const pod = (await pods()).find(({ spec }) => spec.nodeName === 'node-0');
    await simulation.cluster.client.delete({ kind: PODS, name: pod!.metadata.name, namespace: 'default' });
    await until(
      async () =>
        (await get(DAEMON_SETS)).status?.numberReady === 4 && !(await pods()).some(({ metadata }) => metadata.uid === pod!.metadata.uid),
    );
  });
});

describe('a StatefulSet', () => {
  const statefulSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
    ...head('StatefulSet'),
    spec: { replicas: 3, serviceName: 'web', selector: { matchLabels: labels }, template: template(), ...spec },
  });
  const data = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } },
  };
  const names = async () => (await pods()).map(({ metadata }) => metadata.name).toSorted();
  const claims = async () =>
    (await simulation.cluster.client.list(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default' })).items
      .map(({ metadata }) => metadata.name)
      .toSorted();
  const isRolled = async () => {
    const { metadata, spec, status } = await get(STATEFUL_SETS);
    const counts = [status?.replicas, status?.updatedReplicas, status?.availableReplicas, status?.readyReplicas];
    return status?.observedGeneration === metadata.generation && counts.every((count) => (count ?? 0) === spec.replicas);
  };

  test('starts its pods one after the other, each ready before the next, and ends them from the highest down', async () => {
    const watching = follow((living) =>
      living
        .map((pod) => `${pod.metadata.name}${isReady(pod) ? '+' : '-'}`)
        .toSorted()
        .join(' '),
    );
    await create(STATEFUL_SETS, statefulSet());
    await until(isRolled);
    await patch(STATEFUL_SETS, { replicas: 0 });
    await until(async () => (await pods()).length === 0);
    watching.close();
    const steps = watching.seen.filter((step, i) => step !== watching.seen[i - 1]);
    expect(steps).toEqual([
      'web-0-',
      'web-0+',
      'web-0+ web-1-',
      'web-0+ web-1+',
      'web-0+ web-1+ web-2-',
      'web-0+ web-1+ web-2+',
      'web-0+ web-1+',
      'web-0+',
      '',
    ]);
    expect(await events()).toEqual(
      expect.arrayContaining([
        'SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
        'SuccessfulDelete: delete Pod web-2 in StatefulSet web successful',
      ]),
    );
  });

  test('starts all at once where the order does not matter', async () => {
    await create(STATEFUL_SETS, statefulSet({ podManagementPolicy: 'Parallel', ordinals: { start: 5 } }));
    await simulation.clock.advance(100);
    expect(await names()).toEqual(['web-5', 'web-6', 'web-7']);
    expect((await pods())[0]).toMatchObject({
      spec: { hostname: 'web-5', subdomain: 'web' },
      metadata: { labels: { 'apps.kubernetes.io/pod-index': '5', 'statefulset.kubernetes.io/pod-name': 'web-5' } },
    });
  });

  test('is rolled from the highest down to its partition, one at a time', async () => {
    await create(STATEFUL_SETS, statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }));
    await until(isRolled);
    const before = (await get(STATEFUL_SETS)).status!.currentRevision;
    const watching = follow((living) => living.filter(isReady).length);
    await patch(STATEFUL_SETS, { template: template('x:2') });
    await until(
      async () => (await get(STATEFUL_SETS)).status?.updatedReplicas === 2 && (await get(STATEFUL_SETS)).status?.readyReplicas === 3,
    );
    watching.close();
    expect(Math.min(...watching.seen)).toBe(2);
    expect((await pods()).map((pod) => `${pod.metadata.name} ${imageOf(pod)}`).toSorted()).toEqual(['web-0 x:1', 'web-1 x:2', 'web-2 x:2']);
    expect((await get(STATEFUL_SETS)).status).toMatchObject({ currentRevision: before, currentReplicas: 1 });
    await simulation.cluster.client.delete({ kind: PODS, name: 'web-0', namespace: 'default' });
    await until(async () => (await pods()).filter(isReady).length === 3);
    expect(imageOf((await pods()).find(({ metadata }) => metadata.name === 'web-0')!)).toBe('x:1');
    await patch(STATEFUL_SETS, { updateStrategy: { rollingUpdate: { partition: 0 } } });
    await until(isRolled);
    const { status } = await get(STATEFUL_SETS);
    expect(status!.currentRevision).toBe(status!.updateRevision);
    expect(status!.currentRevision).not.toBe(before);
  });

  test('keeps its claims when it shrinks, and gives them back when it grows', async () => {
    await create(STATEFUL_SETS, statefulSet({ volumeClaimTemplates: [data], replicas: 2 }));
    await until(async () => (await claims()).length > 0);
    expect(await claims()).toContain('data-web-0');
    expect((await pods())[0]!.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-web-0' } });
    await patch(STATEFUL_SETS, { replicas: 0 });
    await until(async () => (await pods()).length === 0);
    expect(await claims()).toContain('data-web-0');
  });

  test('lets claims go with it where its policy says so', async () => {
    const policy = { whenDeleted: 'Delete', whenScaled: 'Delete' } as const;
    await create(
      STATEFUL_SETS,
      statefulSet({ volumeClaimTemplates: [data], podManagementPolicy: 'Parallel', persistentVolumeClaimRetentionPolicy: policy }),
    );
    await until(async () => (await claims()).length === 3);
    await patch(STATEFUL_SETS, { replicas: 1 });
    await until(async () => (await claims()).length === 1);
    expect(await claims()).toEqual(['data-web-0']);
    await simulation.cluster.client.delete({ kind: STATEFUL_SETS, name: 'web', namespace: 'default' }, { propagation: 'Background' });
    await until(async () => (await claims()).length === 0);
  });
});

test('a ReplicationController keeps its pods', async () => {
  await create(REPLICATION_CONTROLLERS, {
    ...head('ReplicationController', 'v1'),
    spec: { replicas: 2, selector: labels, template: template() },
  });
  await until(async () => (await get(REPLICATION_CONTROLLERS)).status?.availableReplicas === 2);
  const [pod] = await pods();
  await simulation.cluster.client.delete({ kind: PODS, name: pod!.metadata.name, namespace: 'default' });
  await until(
    async () => (await pods()).filter(isReady).length === 2 && !(await pods()).some(({ metadata }) => metadata.uid === pod!.metadata.uid),
  );
  expect((await get(REPLICATION_CONTROLLERS)).status).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  });
});

describe('jobs', () => {
  const jobTemplate = (settings: Record<string, string>) => ({
    metadata: { annotations: settings },
    spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'x' }] },
  });
  const finished = (job: Job) =>
    job.status?.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')?.type;

  test('with parallelism are done after as many rounds', async () => {
    await create(JOBS, {
      ...head('Job', 'batch/v1'),
      spec: { completions: 6, parallelism: 2, template: jobTemplate({ 'slipway.dev/run-for': '5s' }) },
    });
    const start = simulation.clock.now();
    await until(async () => finished(await get(JOBS)) !== undefined);
    expect((await get(JOBS)).status).toMatchObject({ succeeded: 6, uncountedTerminatedPods: {} });
    expect(simulation.clock.now() - start).toBeGreaterThanOrEqual(3 * 5_800);
    expect(simulation.clock.now() - start).toBeLessThan(20_000);
    expect((await pods()).every(({ metadata }) => !metadata.finalizers?.length)).toBe(true);
  });

  test('that fail are tried again with back-off until the limit', async () => {
    await create(JOBS, {
      ...head('Job', 'batch/v1'),
      spec: { backoffLimit: 2, template: jobTemplate({ 'slipway.dev/run-for': '1s', 'slipway.dev/exit-code': '3' }) },
    });
    await until(async () => finished(await get(JOBS)) === 'Failed');
    expect((await get(JOBS)).status).toMatchObject({ failed: 3 });
    expect(await events()).toContain('BackoffLimitExceeded: Job has reached the specified backoff limit');
  });

  test('of a cron job come each minute of an hour, and the history stays short', async () => {
    await create(CRON_JOBS, {
      ...head('CronJob', 'batch/v1'),
      spec: { schedule: '* * * * *', jobTemplate: { spec: { template: jobTemplate({ 'slipway.dev/run-for': '10s' }) } } },
    });
    let made = 0;
    const following = simulation.cluster.client.informer(JOBS).subscribe(({ before, after }) => (made += !before && after ? 1 : 0));
    await simulation.clock.advance(3_601_000);
    following.close();
    expect(made).toBe(60);
    const jobs = (await simulation.cluster.client.list(JOBS, { namespace: 'default' })).items;
    const scheduled = jobs.map(({ metadata }) => metadata.annotations!['batch.kubernetes.io/cronjob-scheduled-timestamp']);
    expect(scheduled).toEqual(['2026-01-01T00:57:00Z', '2026-01-01T00:58:00Z', '2026-01-01T00:59:00Z', '2026-01-01T01:00:00Z']);
    expect(await pods()).toHaveLength(jobs.length);
  });
});
