import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { decideReplicas, decideStatus } from '../../src/controllers/replicaset/index.ts';
import { slowStart } from '../../src/controllers/slow-start.ts';
import { EVENTS, PODS, REPLICA_SETS, type Pod, type ReplicaSet } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');

interface Traits {
  node?: string;
  phase?: 'Pending' | 'Running' | 'Unknown';
  readyAt?: string;
  cost?: string;
  restarts?: number;
  sidecarRestarts?: number;
  made?: string;
}

function trait(
  name: string,
  { node, phase = 'Running', readyAt, cost, restarts = 0, sidecarRestarts = 0, made = '2026-01-01T00:00:00Z' }: Traits = {},
): Pod {
  const initContainers = [{ name: 'side', image: 'x', restartPolicy: 'Always' as const }];
  const base = pod(name, node ? { nodeName: node, initContainers } : { initContainers });
  return {
    ...base,
    metadata: {
      ...base.metadata,
      creationTimestamp: made,
      ...(cost ? { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } } : {}),
    },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: readyAt ? 'True' : 'False', ...(readyAt ? { lastTransitionTime: readyAt } : {}) }],
      containerStatuses: [{ name: 'c', image: 'x', imageID: '', ready: true, restartCount: restarts }],
      initContainerStatuses: [{ name: 'side', image: 'x', imageID: '', ready: true, restartCount: sidecarRestarts }],
    },
  };
}

const on = (traits: Traits = {}) => ({ node: 'a', readyAt: '2026-01-01T10:00:00Z', ...traits });

describe('the first to go is', () => {
  test.each<[string, Traits, Traits]>([
    ['one without a node', { node: undefined }, on({ readyAt: undefined })],
    ['then a pending one', { node: 'a', phase: 'Pending' }, { node: 'a', phase: 'Unknown' }],
    ['then one in an unknown state', { node: 'a', phase: 'Unknown' }, { node: 'a', phase: 'Running' }],
    ['then one that is not ready', { node: 'a' }, on({ cost: '-5' })],
    ['then one that is cheap to delete', on({ cost: '-5' }), on({ readyAt: '2026-01-01T23:00:00Z' })],
    ['then the one that became ready last', on({ readyAt: '2026-01-01T23:00:00Z' }), on({ restarts: 9 })],
    ['then, of those ready for about as long, the one that restarted most', on({ restarts: 9 }), on({ readyAt: '2026-01-01T11:00:00Z' })],
    ['then the one whose sidecar restarted most', on({ sidecarRestarts: 9 }), on({ made: '2026-01-01T09:00:00Z' })],
    ['then the newest', on({ made: '2026-01-01T09:00:00Z' }), on()],
  ])('%s', (_, first, other) => {
    for (const pods of [
      [trait('z', first), trait('a', other)],
      [trait('a', other), trait('z', first)],
    ]) {
      expect(decideReplicas(1, pods, () => pods, NOW).remove.map(({ metadata }) => metadata.name)).toEqual(['z']);
    }
  });

  test('one that shares its node with most pods of the same Deployment', () => {
    const [crowded, alone] = [trait('crowded', on({ node: 'a' })), trait('alone', on({ node: 'b', readyAt: '2026-01-01T11:00:00Z' }))];
    const related = [crowded, alone, trait('old', on({ node: 'a' }))];
    expect(decideReplicas(1, [alone, crowded], () => related, NOW).remove).toEqual([crowded]);
  });
});

test.each([
  [3, 0, 3, 0],
  [3, 3, 0, 0],
  [1, 3, 0, 2],
  [0, 3, 0, 3],
  [2000, 0, 500, 0],
])('wanting %i and having %i makes %i and removes %i', (want, have, make, remove) => {
  const pods = Array.from({ length: have }, (_, i) => trait(`p${i}`, on()));
  const decision = decideReplicas(want, pods, () => pods, NOW);
  expect([decision.create, decision.remove.length]).toEqual([make, remove]);
});

describe('slow start', () => {
  const attempt = async (count: number, failFrom: number) => {
    let tries = 0;
    const failed = await slowStart(count, async () => {
      if (++tries > failFrom) throw new Error(`try ${tries}`);
    });
    return [tries, failed && String(failed.error)];
  };

  test.each([
    [0, 99, [0, undefined]],
    [5, 99, [5, undefined]],
    [100, 0, [1, 'Error: try 1']],
    [100, 1, [3, 'Error: try 2']],
    [100, 7, [15, 'Error: try 8']],
  ])('of %i, failing after %i: %j', async (count, failFrom, expected) => expect(await attempt(count, failFrom)).toEqual(expected));
});

const labels = { app: 'web' };

function set(spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'default', generation: 4 },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, tier: 'front' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      ...spec,
    },
  };
}

describe('the status of a set', () => {
  const labelled = (each: Pod, more: object = {}): Pod => ({ ...each, metadata: { ...each.metadata, labels: { ...labels, ...more } } });

  test('counts what lives, and leaves out what is none', () => {
    const leaving = trait('d', on());
    const pods = [
      labelled(trait('a', on()), { tier: 'front' }),
      labelled(trait('b')),
      labelled({ ...trait('c'), status: { phase: 'Failed' } }),
      labelled({ ...leaving, metadata: { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ];
    expect(decideStatus(set(), pods, undefined, NOW).status).toEqual({
      replicas: 2,
      fullyLabeledReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 4,
    });
    expect(decideStatus(set(), [], undefined, NOW).status).toEqual({ replicas: 0, terminatingReplicas: 0, observedGeneration: 4 });
  });

  test('knows when the next pod becomes available', () => {
    const pods = [
      trait('a', on({ readyAt: '2026-01-01T23:59:55Z' })),
      trait('b', on({ readyAt: '2026-01-01T23:59:40Z' })),
      trait('c', on()),
    ];
    const decision = decideStatus(set({ minReadySeconds: 30 }), pods, undefined, NOW);
    expect(decision.nextAvailableIn).toBe(10_000);
    expect(decision.status).toMatchObject({ readyReplicas: 3, availableReplicas: 1 });
  });

  test('keeps the first failure until a turn goes through', () => {
    const failed = decideStatus(set(), [], { reason: 'FailedCreate', error: new Error('no quota') }, NOW).status;
    expect(failed.conditions).toEqual([
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'no quota', lastTransitionTime: '2026-01-02T00:00:00Z' },
    ]);
    const again = decideStatus({ ...set(), status: failed }, [], { reason: 'FailedCreate', error: new Error('other') }, NOW + 5000).status;
    expect(again).toEqual(failed);
    expect(decideStatus({ ...set(), status: again }, [], undefined, NOW).status).not.toHaveProperty('conditions');
  });
});

describe('in a cluster', () => {
  let the: Cluster;
  beforeEach(async () => {
    the = await cluster(['replicaset']);
  });
  afterEach(() => the.scope.close());

  test('an orphan that matches is adopted, one that no longer matches is released and replaced', async () => {
    const orphan = await the.client.create(PODS, pod('orphan', {}, { ...labels, tier: 'front' }));
    const owner = await the.client.create(REPLICA_SETS, set());
    await the.settle();
    const pods = await the.pods();
    expect(pods).toHaveLength(2);
    const adopted = pods.find(({ metadata }) => metadata.uid === orphan.metadata.uid)!;
    expect(adopted.metadata.ownerReferences).toMatchObject([
      { kind: 'ReplicaSet', name: 'web', uid: owner.metadata.uid, controller: true },
    ]);

    await the.client.patch(
      { kind: PODS, name: 'orphan', namespace: 'default' },
      { type: 'merge', patch: { metadata: { labels: { app: 'other' } } } },
    );
    await the.settle();
    const after = await the.pods();
    expect(after).toHaveLength(3);
    expect(after.find(({ metadata }) => metadata.name === 'orphan')!.metadata.ownerReferences ?? []).toEqual([]);
    expect((await the.sets())[0]!.status).toMatchObject({ replicas: 2, readyReplicas: 2 });
  });

  test('a finished pod is replaced, and the pod of another owner is left alone', async () => {
    const stranger = pod('stranger', {}, labels);
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true }];
    await the.client.create(PODS, { ...stranger, metadata: { ...stranger.metadata, ownerReferences } });
    await the.client.create(REPLICA_SETS, set());
    await the.settle();
    const own = (await the.pods()).find(({ metadata }) => metadata.name !== 'stranger');
    await the.trusted.updateStatus(PODS, { ...own!, status: { phase: 'Failed' } });
    await the.clock.settle();
    expect(await the.pods()).toHaveLength(4);
  });

  describe('whose pods are rejected by their nodes', () => {
    const rejected = { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: too little' } as const;
    const failed = async () => (await the.pods()).filter(({ status }) => status?.phase === 'Failed');
    const failure = async () => (await the.sets())[0]!.status?.conditions?.find(({ type }) => type === 'ReplicaFailure');

    /** Rejects what is made, for so long. */
    async function rejectFor(seconds: number): Promise<void> {
      for (let i = 0; i < seconds; i++) {
        for (const made of (await the.pods()).filter(({ status }) => status?.phase === 'Pending'))
          await the.trusted.updateStatus(PODS, { ...made, status: rejected });
        await the.clock.advance(1000);
      }
    }

    async function takeOn(): Promise<void> {
      const containerStatuses = [{ name: 'c', image: 'x', imageID: '', ready: true, restartCount: 0 }];
      for (const made of (await the.pods()).filter(({ status }) => status?.phase === 'Pending'))
        await the.trusted.updateStatus(PODS, { ...made, status: { phase: 'Running', containerStatuses } });
      await the.clock.settle();
    }

    test('makes more after longer and longer, says why, and forgets it when one is taken on', async () => {
      await the.client.create(REPLICA_SETS, set());
      await the.clock.settle();
      const { length: wanted } = await the.pods();
      await rejectFor(60);
      const rounds = (await failed()).length / wanted;
      // At once, and then after 1, 2, 4, 8, 16 and 32 seconds.
      expect(rounds).toBeGreaterThanOrEqual(5);
      expect(rounds).toBeLessThanOrEqual(7);
      expect(await failure()).toMatchObject({
        reason: 'PodsRejected',
        message: expect.stringMatching(/^node .* rejected pod .*: OutOfcpu: Pod was rejected: too little$/) as string,
      });
      const told = (await the.client.list(EVENTS, { namespace: 'default' })).items.find(({ reason }) => reason === 'PodsRejected');
      expect(told).toMatchObject({
        type: 'Warning',
        message: expect.stringContaining('at once when the rejected ones are deleted') as string,
      });
      await the.clock.advance(300_000);
      await takeOn();
      expect(await failure()).toBeUndefined();
      const before = (await failed()).length;
      const lost = (await the.pods()).find(({ status }) => status?.phase === 'Running');
      await the.client.delete({ kind: PODS, name: lost!.metadata.name, namespace: 'default' });
      await rejectFor(8);
      // It begins from the beginning: at once, and after 1, 2 and 4 seconds.
      expect((await failed()).length - before).toBeGreaterThanOrEqual(3);
    });

    test('tries at once when the rejected ones are deleted', async () => {
      await the.client.create(REPLICA_SETS, set({ replicas: 1 }));
      await the.clock.settle();
      await rejectFor(30);
      for (const { metadata } of await failed()) await the.client.delete({ kind: PODS, name: metadata.name, namespace: 'default' });
      await the.clock.settle();
      expect(await the.pods()).toHaveLength(1);
    });
  });

  test('scaling down to none removes everything', async () => {
    const made = await the.client.create(REPLICA_SETS, set({ replicas: 30 }));
    await the.settle();
    expect(await the.pods()).toHaveLength(30);
    const live = await the.client.get(REPLICA_SETS, made.metadata.name, 'default');
    await the.client.update(REPLICA_SETS, { ...live, spec: { ...live.spec, replicas: 0 } });
    await the.clock.settle();
    expect(await the.pods()).toEqual([]);
    expect((await the.sets())[0]!.status).toMatchObject({ replicas: 0, observedGeneration: 2 });
  });
});

test('of pods that are alike, the first by name goes first', () => {
  const random = seededRandom(3);
  const pods = Array.from({ length: 10 }, (_, i) => trait(`p${i}`, on())).toSorted(() => random.fraction() - 0.5);
  expect(decideReplicas(7, pods, () => pods, NOW).remove.map(({ metadata }) => metadata.name)).toEqual(['p0', 'p1', 'p2']);
});
