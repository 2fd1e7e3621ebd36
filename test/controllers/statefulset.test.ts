import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decideStatefulSet, decideStatefulStatus } from '../../src/controllers/statefulset/index.ts';
import { statefulPod } from '../../src/controllers/statefulset/identity.ts';
import {
  EVENTS,
  formatTime,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  STATEFUL_SETS,
  type OwnerReference,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../src/model/index.ts';
import { cluster, type Cluster } from './cluster.ts';

const labels = { app: 'web' };
const claimTemplate: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};

const statefulSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 1,
    serviceName: 'web',
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } },
    ...spec,
  },
});

const owner = (name: string, more: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: 'example.org/v1',
  kind: 'Keeper',
  name,
  uid: `of-${name}`,
  ...more,
});

describe('of the pods that are too many', () => {
  const NOW = Date.parse('2026-01-01T01:00:00Z');
  const set = statefulSet({ replicas: 0, minReadySeconds: 60 });
  const member = (ordinal: number, readyFor: number | undefined): Pod => ({
    ...statefulPod(set, ordinal, set.spec.template, 'web-1'),
    status: {
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: readyFor === undefined ? 'False' : 'True', lastTransitionTime: formatTime(NOW - (readyFor ?? 0) * 1000) },
      ],
    },
  });

  test.each<[string, (number | undefined)[], string[], number | undefined]>([
    ['the highest goes first', [90, 90], ['web-1'], undefined],
    ['it waits for one that is sick below it', [undefined, undefined], [], undefined],
    ['it waits for one that is not available below it, until that is itself', [10, 10], [], 50_000],
    ['the only one that is not available goes', [90, 10], ['web-1'], undefined],
    ['the only sick one goes', [90, undefined], ['web-1'], undefined],
  ])('%s', (_, readyFor, removed, lookAgainIn) => {
    const pods = readyFor.map((seconds, ordinal) => member(ordinal, seconds));
    const decision = decideStatefulSet({ set, pods, current: 'web-1', update: 'web-1', now: NOW });
    expect(decision.remove.map(({ metadata }) => metadata.name)).toEqual(removed);
    expect(decision.lookAgainIn).toBe(lookAgainIn);
  });
});

describe('of the pods of an older template', () => {
  const NOW = Date.parse('2026-01-01T01:00:00Z');
  type State = 'missing' | `${'old' | 'new'} ${'serving' | 'unready' | 'fresh' | 'failed' | 'leaving'}`;

  function member(set: StatefulSet, ordinal: number, state: State): readonly Pod[] {
    const [revision, how] = state.split(' ');
    if (how === undefined) return [];
    const pod = statefulPod(set, ordinal, set.spec.template, `web-${revision}`);
    const since = formatTime(NOW - (how === 'fresh' ? 10_000 : 90_000));
    const ready = { type: 'Ready', status: how === 'unready' ? 'False' : 'True', lastTransitionTime: since } as const;
    return [
      {
        ...pod,
        metadata: { ...pod.metadata, ...(how === 'leaving' ? { deletionTimestamp: formatTime(NOW) } : {}) },
        status: { phase: how === 'failed' ? 'Failed' : 'Running', conditions: [ready] },
      },
    ];
  }

  const removed = (states: readonly State[], spec: Partial<StatefulSet['spec']>) => {
    const set = statefulSet({ replicas: states.length, minReadySeconds: 60, ...spec });
    const pods = states.flatMap((state, ordinal) => member(set, ordinal, state));
    const { ended, remove } = decideStatefulSet({ set, pods, current: 'web-old', update: 'web-new', now: NOW });
    return [...ended, ...remove].map(({ metadata }) => metadata.name);
  };

  test.each<[string, readonly State[], readonly string[]]>([
    ['the highest goes first, alone', ['old serving', 'old serving', 'old serving'], ['web-2']],
    ['the next goes when those above serve', ['old serving', 'old serving', 'new serving'], ['web-1']],
    ['none goes while one above is not ready', ['old serving', 'old serving', 'new unready'], []],
    ['none goes while one above is not available yet', ['old serving', 'old serving', 'new fresh'], []],
    ['none goes while one above is leaving', ['old serving', 'old serving', 'old leaving'], []],
    ['none goes while one above is missing', ['old serving', 'old serving', 'missing'], []],
    ['the highest goes though one below is not ready', ['old unready', 'old serving', 'old serving'], ['web-2']],
    ['the highest goes though one below is missing', ['missing', 'old serving', 'old serving'], ['web-2']],
    ['they go one at a time even when none is ready', ['old unready', 'old unready', 'old unready'], ['web-2']],
    ['one that failed goes once', ['old serving', 'old serving', 'old failed'], ['web-2']],
    ['none is left at the end', ['new serving', 'new serving', 'new unready'], []],
  ])('in a Parallel set %s', (_, states, expected) => expect(removed(states, { podManagementPolicy: 'Parallel' })).toEqual(expected));

  test.each<[string, readonly State[], readonly string[]]>([
    ['the highest goes first, alone', ['old serving', 'old serving'], ['web-1']],
    ['none goes while one below is not ready', ['old unready', 'old serving'], []],
  ])('in order %s', (_, states, expected) => expect(removed(states, {})).toEqual(expected));

  test.each<[string, StatefulSet['spec']['updateStrategy']]>([
    ['that are below the partition', { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }],
    ['of a set whose pods a person replaces', { type: 'OnDelete' }],
  ])('none goes %s', (_, updateStrategy) => expect(removed(['old serving', 'old serving'], { updateStrategy })).toEqual([]));
});

test('a pod that leaves counts as ready and as available while it serves', () => {
  const set = statefulSet();
  const pod = statefulPod(set, 0, set.spec.template, 'web-1');
  const pods: Pod[] = [
    {
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    },
  ];
  const { readyReplicas, availableReplicas } = decideStatefulStatus({ set, pods, current: 'web-1', update: 'web-1', now: 0 });
  expect([readyReplicas, availableReplicas]).toEqual([1, 1]);
});

test('the volumes of its claims come before those of its template, and replace those of the same name', () => {
  const volumes = ['data', 'other'].map((name) => ({ name, emptyDir: {} }));
  const set = statefulSet({ volumeClaimTemplates: [claimTemplate] });
  const pod = statefulPod(set, 3, { ...set.spec.template, spec: { ...set.spec.template.spec, volumes } }, 'web-1');
  expect(pod.spec.volumes).toEqual([{ name: 'data', persistentVolumeClaim: { claimName: 'data-web-3' } }, volumes[1]]);
});

describe('in a cluster', () => {
  let the: Cluster;
  beforeEach(async () => {
    the = await cluster(['statefulset']);
  });
  afterEach(() => the.scope.close());

  const start = async (spec: Partial<StatefulSet['spec']> = {}) => {
    const made = await the.client.create(STATEFUL_SETS, statefulSet({ volumeClaimTemplates: [claimTemplate], ...spec }));
    await the.clock.settle();
    return made;
  };
  const names = async () => (await the.pods()).map(({ metadata }) => metadata.name).toSorted();
  const claims = async () => (await the.client.list(PERSISTENT_VOLUME_CLAIMS, { namespace: 'default' })).items;
  const said = async () =>
    (await the.client.list(EVENTS, { namespace: 'default' })).items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  const claimTarget = { kind: PERSISTENT_VOLUME_CLAIMS, name: 'data-web-0', namespace: 'default' };
  const editClaim = async (metadata: object) => {
    await the.client.patch(claimTarget, { type: 'merge', patch: { metadata } });
    await the.clock.settle();
  };
  const makeClaim = (metadata: Partial<PersistentVolumeClaim['metadata']>) =>
    the.client.create(PERSISTENT_VOLUME_CLAIMS, {
      ...claimTemplate,
      metadata: { name: 'data-web-0', namespace: 'default', finalizers: ['example.org/hold'], ...metadata },
    });
  const removeClaim = async () => {
    await the.client.delete(claimTarget);
    await editClaim({ finalizers: null });
  };

  test('a pod that waits gets its claim back', async () => {
    await start();
    const [before] = await claims();
    await the.client.delete(claimTarget);
    await the.clock.settle();
    const [after] = await claims();
    expect(after!.metadata.name).toBe('data-web-0');
    expect(after!.metadata.uid).not.toBe(before!.metadata.uid);
  });

  test('a claim that leaves holds its pod up, the events say so, and its end lets the pod come', async () => {
    await makeClaim({});
    await the.client.delete(claimTarget);
    await start();
    expect(await names()).toEqual([]);
    expect(await said()).toContain(
      'Warning FailedCreate: create Pod web-0 in StatefulSet web failed error: pvc data-web-0 is being deleted',
    );
    const { revision } = the.store;
    await the.clock.advance(3_600_000);
    expect(the.store.revision).toBe(revision);
    await editClaim({ finalizers: null });
    expect(await names()).toEqual(['web-0']);
  });

  test('a claim that goes with an earlier pod of the name holds the next one up', async () => {
    await makeClaim({ ownerReferences: [owner('web-0', { apiVersion: 'v1', kind: 'Pod' })] });
    await start({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } });
    expect(await names()).toEqual([]);
    await removeClaim();
    expect(await names()).toEqual(['web-0']);
    expect((await claims())[0]!.metadata.ownerReferences ?? []).toEqual([]);
  });

  test('a member gets back the labels by which it is found', async () => {
    await start();
    const label = 'statefulset.kubernetes.io/pod-name';
    const target = { kind: PODS, name: 'web-0', namespace: 'default' };
    await the.client.patch(target, { type: 'merge', patch: { metadata: { labels: { [label]: null } } } });
    await the.clock.settle();
    expect((await the.pods())[0]!.metadata.labels).toMatchObject({ [label]: 'web-0', 'apps.kubernetes.io/pod-index': '0' });
    expect(await said()).toContain('Normal SuccessfulUpdate: update Pod web-0 in StatefulSet web successful');
  });

  test('a pod that failed is removed and made again', async () => {
    await start();
    const [first] = await the.pods();
    await the.trusted.updateStatus(PODS, { ...first!, status: { phase: 'Failed' } });
    await the.clock.settle();
    const [second] = await the.pods();
    expect(second!.metadata.name).toBe('web-0');
    expect(second!.metadata.uid).not.toBe(first!.metadata.uid);
    expect((await said()).filter((text) => !text.includes('Claim'))).toEqual([
      'Normal SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
      'Normal SuccessfulDelete: delete Pod web-0 in StatefulSet web successful',
    ]);
  });

  test('a pod that its node rejects again and again is made again after longer and longer, and at once for another template', async () => {
    const { metadata } = await start({ replicas: 1 });
    const seen = new Set<string>();
    const reject = async () => {
      const [present] = await the.pods();
      if (!present || present.status?.phase === 'Failed') return;
      seen.add(present.metadata.uid!);
      await the.trusted.updateStatus(PODS, {
        ...present,
        status: { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: no' },
      });
      await the.clock.settle();
    };
    const rejectFor = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await reject();
        await the.clock.advance(1000);
      }
    };
    await rejectFor(60);
    // At once, and then after 1, 2, 4, 8, 16 and 32 seconds.
    expect(seen.size).toBeGreaterThan(5);
    expect(seen.size).toBeLessThan(9);
    expect(await said()).toContainEqual(
      expect.stringMatching(/^Warning PodsRejected: node .* rejected pod web-0: OutOfcpu: .*at once when it is deleted$/),
    );
    await reject();
    const before = seen.size;
    const live = await the.client.get(STATEFUL_SETS, metadata.name, 'default');
    const containers = [{ name: 'c', image: 'other' }];
    const template = { ...live.spec.template, spec: { ...live.spec.template.spec, containers } };
    await the.client.update(STATEFUL_SETS, { ...live, spec: { ...live.spec, template } });
    await the.clock.settle();
    await reject();
    expect(seen.size).toBeGreaterThan(before);
  });

  describe('where claims go with their set', () => {
    const policy = { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } } as const;
    const owners = async () => (await claims())[0]!.metadata.ownerReferences ?? [];

    test('the set controls them, and lets them go when it is told otherwise', async () => {
      const { metadata } = await start(policy);
      const reference = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: metadata.uid };
      expect(await owners()).toEqual([{ ...reference, controller: true, blockOwnerDeletion: true }]);
      const patch = { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } } };
      await the.client.patch({ kind: STATEFUL_SETS, name: 'web', namespace: 'default' }, { type: 'merge', patch });
      await the.clock.settle();
      expect(await owners()).toEqual([]);
    });

    test('one that another controls is left to it, and the events say so', async () => {
      const another = owner('keeper', { controller: true });
      await makeClaim({ ownerReferences: [another] });
      await start(policy);
      expect(await owners()).toEqual([another]);
      expect((await said()).join()).toContain(
        'Warning ConflictingController: PersistentVolumeClaim data-web-0 has a conflicting OwnerReference',
      );
    });

    test('one of an earlier set of the name is left to the garbage collector', async () => {
      const earlier = owner('web', { apiVersion: 'apps/v1', kind: 'StatefulSet' });
      await makeClaim({ ownerReferences: [earlier] });
      await start(policy);
      expect(await owners()).toEqual([earlier]);
    });

    test('one that is merely owned by another, too, gets the set beside it', async () => {
      await makeClaim({ ownerReferences: [owner('keeper')] });
      await start(policy);
      expect((await owners()).map(({ name, controller }) => [name, controller])).toEqual([
        ['keeper', undefined],
        ['web', true],
      ]);
    });
  });
});
