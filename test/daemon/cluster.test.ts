import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScopes } from '../../src/base/index.ts';
import {
  CRON_JOBS,
  DEPLOYMENTS,
  ENDPOINT_SLICES,
  EVENTS,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
  type CronJob,
  type Pod,
} from '../../src/model/index.ts';
import { asManifest, deployment, service } from '../tools/manifests.ts';
import { simulate, type Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(async () => {
  simulation = await simulate(1);
});
afterEach(async () => {
  await simulation.scope.close();
  expect(openScopes()).toEqual([]);
});

const isReady = ({ status }: Pod) => status?.conditions?.some(({ type, status: state }) => type === 'Ready' && state === 'True') ?? false;

async function available({ cluster }: Simulation, name: string): Promise<boolean> {
  const { metadata, spec, status } = await cluster.client.get(DEPLOYMENTS, name, 'default');
  const { observedGeneration, updatedReplicas, availableReplicas, replicas } = status ?? {};
  return (
    observedGeneration === metadata.generation && [updatedReplicas, availableReplicas, replicas].every((count) => count === spec.replicas)
  );
}

describe('a simulated cluster under a manual clock', () => {
  test('runs what is created: scheduled over the nodes, started after the delay, reachable through its Service', async () => {
    const { cluster, clock } = simulation;
    await cluster.client.create(SERVICES, service('web'));
    await cluster.client.create(DEPLOYMENTS, deployment('web', { replicas: 6 }));
    await clock.advance(500);
    const pending = (await cluster.client.list(PODS)).items;
    expect(pending).toHaveLength(6);
    expect(pending.some(isReady)).toBe(false);
    await clock.advance(500);
    const pods = (await cluster.client.list(PODS)).items;
    expect(pods.every(isReady)).toBe(true);
    expect(new Set(pods.map((pod) => pod.spec.nodeName)).size).toBe(3);
    expect(new Set(pods.map((pod) => pod.status?.podIP)).size).toBe(6);
    const slices = (await cluster.client.list(ENDPOINT_SLICES)).items;
    expect(slices.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)).toSorted()).toEqual(
      pods.map((pod) => pod.status!.podIP!).toSorted(),
    );
    expect(await available(simulation, 'web')).toBe(true);
  });

  test('a rollout keeps to its surge and its availability at every revision, and a rollback reuses the old ReplicaSet', async () => {
    const { cluster, clock } = simulation;
    await cluster.client.create(DEPLOYMENTS, deployment('web', { replicas: 4 }));
    await clock.advanceUntil(() => available(simulation, 'web'), 10_000);
    const [first] = (await cluster.client.list(REPLICA_SETS)).items;

    const counts: { total: number; ready: number }[] = [];
    const pods = cluster.client.informer(PODS);
    const following = pods.subscribe(() => {
      const living = pods.list('default').filter((pod) => !pod.metadata.deletionTimestamp);
      counts.push({ total: living.length, ready: living.filter(isReady).length });
    });
    const setImage = (image: string) => ({
      type: 'strategic' as const,
      patch: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } },
    });
    await cluster.client.patch({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' }, setImage('x:2'));
    await clock.advanceUntil(() => available(simulation, 'web'), 60_000);
    following.close();
    expect(Math.max(...counts.map(({ total }) => total))).toBe(5);
    expect(Math.min(...counts.map(({ ready }) => ready))).toBe(3);

    await cluster.client.patch({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' }, setImage('x:1'));
    await clock.advanceUntil(() => available(simulation, 'web'), 60_000);
    const sets = (await cluster.client.list(REPLICA_SETS)).items;
    expect(sets).toHaveLength(2);
    const back = sets.find(({ metadata }) => metadata.uid === first!.metadata.uid)!;
    expect(back.spec.replicas).toBe(4);
    const web = await cluster.client.get(DEPLOYMENTS, 'web', 'default');
    for (const { metadata } of [back, web]) expect(metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
  });

  test('a pod that does not fit waits, says why, and runs once there is room', async () => {
    const { cluster, clock } = simulation;
    const large = (name: string, cpu: string) =>
      deployment(name, {
        replicas: 3,
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }] },
        },
      });
    await cluster.client.create(DEPLOYMENTS, large('first', '20'));
    await clock.advance(5000);
    await cluster.client.create(DEPLOYMENTS, large('second', '20'));
    await clock.advance(5000);
    expect(await available(simulation, 'second')).toBe(false);
    const events = (await cluster.client.list(EVENTS, { namespace: 'default' })).items;
    expect(events.find(({ reason }) => reason === 'FailedScheduling')?.message).toMatch(/^0\/3 nodes are available: 3 Insufficient cpu\./);
    await cluster.client.delete({ kind: DEPLOYMENTS, namespace: 'default', name: 'first' });
    await clock.advanceUntil(() => available(simulation, 'second'), 120_000);
  });

  test('deleting a Deployment takes its ReplicaSets and pods along; deleting a namespace, all that is in it', async () => {
    const { cluster, clock } = simulation;
    await cluster.client.create(NAMESPACES, asManifest({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } }));
    await cluster.client.create(DEPLOYMENTS, deployment('web'));
    await cluster.client.create(DEPLOYMENTS, { ...deployment('api'), metadata: { name: 'api', namespace: 'other' } });
    await clock.advance(5000);
    expect((await cluster.client.list(PODS)).items).toHaveLength(6);
    await cluster.client.delete({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' });
    await cluster.client.delete({ kind: NAMESPACES, name: 'other' });
    await clock.advanceUntil(async () => (await cluster.client.list(PODS)).items.length === 0, 120_000);
    await clock.advance(1000);
    expect((await cluster.client.list(REPLICA_SETS)).items).toEqual([]);
    await expect(cluster.client.get(NAMESPACES, 'other')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('with nothing to do nothing is written but the heartbeats of the nodes, which never reach the disk', async () => {
    const { cluster, clock } = simulation;
    await cluster.client.create(DEPLOYMENTS, deployment('web'));
    await clock.advance(30_000);
    const written = new Set<string>();
    cluster.store.watch('', cluster.store.revision, { changed: ({ key }) => void written.add(key.split('/')[1]!), ended: () => {} });
    await clock.advance(3_600_000);
    expect([...written]).toEqual(['leases']);
    expect((await cluster.client.list(NODES)).items.every((node) => node.status?.conditions?.at(-1)?.status === 'True')).toBe(true);
  });

  test('an hour of roll-outs and cron jobs is the same every time for the same seed, down to the last byte', async () => {
    const hour = async (seed: number, quarters = 4) => {
      const { clock, cluster, scope } = await simulate(seed);
      const texts: string[] = [];
      cluster.store.watch('', 0, { changed: ({ key, after }) => void texts.push(`${key} ${after?.text ?? 'deleted'}`), ended: () => {} });
      await cluster.client.create(CRON_JOBS, CRON_JOB);
      await cluster.client.create(DEPLOYMENTS, deployment('web', { replicas: 5 }));
      for (let quarter = 1; quarter <= quarters; quarter++) {
        await clock.advance(900_000);
        const containers = [{ name: 'c', image: `x:${quarter}` }];
        const patch = { type: 'strategic', patch: { spec: { template: { spec: { containers } } } } } as const;
        await cluster.client.patch({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' }, patch);
        await clock.settle();
      }
      await cluster.client.delete({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' });
      await clock.advance(60_000);
      await scope.close();
      return texts;
    };
    const [once, again, other] = [await hour(7), await hour(7), await hour(8, 1)];
    expect(once.filter((text) => text.startsWith('apps/replicasets/') && text.endsWith(' deleted'))).toHaveLength(4);
    expect(once.filter((text) => text.includes('"Complete"'))).not.toEqual([]);
    expect(again).toEqual(once);
    expect(other).not.toEqual(once.slice(0, other.length));
  }, 60_000);
});

const CRON_JOB: CronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'tick', namespace: 'default' },
  spec: {
    schedule: '*/5 * * * *',
    jobTemplate: {
      spec: {
        template: {
          metadata: { annotations: { 'slipway.dev/run-for': '10s' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
        },
      },
    },
  },
};
