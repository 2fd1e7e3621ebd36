import { beforeEach, describe, expect, test } from 'vitest';
import { POD_DISRUPTION_BUDGETS, PODS, type PodDisruptionBudget, type PodPhase } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { asManifest, pod } from '../../tools/manifests.ts';

type Status = NonNullable<PodDisruptionBudget['status']>;
const COUNTED: Status = { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 3, desiredHealthy: 2, expectedPods: 3 };

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
});

async function runs(name: string, phase: PodPhase = 'Running', ready = true): Promise<void> {
  const made = await plane.client.create(PODS, pod(name, { nodeName: 'n' }, { app: 'web' }));
  const conditions = [{ type: 'Ready', status: ready ? ('True' as const) : ('False' as const) }];
  await plane.client.updateStatus(PODS, { ...made, status: { ...made.status, phase, conditions } as never });
}

async function budget(name: string, status: Status | undefined, spec: PodDisruptionBudget['spec'] = {}): Promise<void> {
  const metadata = { name, namespace: 'default' };
  const made = await plane.client.create<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } }, ...spec },
  });
  if (status) await plane.client.updateStatus(POD_DISRUPTION_BUDGETS, { ...made, status });
}

const evict = (name: string, body: object = {}, query = {}) =>
  plane.client.post(
    { kind: PODS, namespace: 'default', name, subresource: 'eviction' },
    asManifest({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...body }),
    query,
  );

const isGoing = async (name: string) => (await plane.client.get(PODS, name, 'default')).metadata.deletionTimestamp !== undefined;
const statusOf = async (name: string) => (await plane.client.get<PodDisruptionBudget>(POD_DISRUPTION_BUDGETS, name, 'default')).status;

describe('an eviction', () => {
  test('without a budget is a delete, and the pod says why it goes', async () => {
    await runs('a');
    await evict('a', { deleteOptions: { gracePeriodSeconds: 5 } });
    const { metadata, status } = await plane.client.get(PODS, 'a', 'default');
    expect(metadata.deletionGracePeriodSeconds).toBe(5);
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'EvictionByEvictionAPI',
        message: 'Eviction API: evicting',
      }),
    );
  });

  test('takes one from the budget, which knows the pod by name until its controller has seen it go', async () => {
    await runs('a');
    await runs('b');
    await budget('all', COUNTED);
    await evict('a');
    expect(await isGoing('a')).toBe(true);
    expect(await statusOf('all')).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { a: '2026-01-01T00:00:00Z' } });
    await expect(evict('b')).rejects.toMatchObject({
      reason: 'TooManyRequests',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ reason: 'DisruptionBudget', message: 'The disruption budget all does not allow evicting pods currently' }] },
    });
    expect(await isGoing('b')).toBe(false);
  });

  const failed = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message: 'no scale',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  } as const;

  test.each<[string, Partial<Status>, string]>([
    ['too few are ready', {}, 'needs 2 healthy pods and has 2 currently'],
    ['the budget wants none, and counts none', { desiredHealthy: 0 }, 'does not allow evicting pods currently'],
    ['the budget cannot be counted', { conditions: [failed] }, 'does not allow evicting pods currently because it failed sync: no scale'],
    [
      'somebody says why',
      { desiredHealthy: 0, conditions: [{ ...failed, reason: 'Held' }] },
      'does not allow evicting pods currently (Held): no scale',
    ],
  ])('is told why none may go where %s', async (_, status, why) => {
    await runs('a');
    await budget('all', { ...COUNTED, disruptionsAllowed: 0, currentHealthy: 2, ...status });
    await expect(evict('a')).rejects.toMatchObject({ details: { causes: [{ message: `The disruption budget all ${why}` }] } });
  });

  test('is told to come back while nobody has counted', async () => {
    await runs('a');
    await budget('all', undefined);
    await expect(evict('a')).rejects.toMatchObject({
      reason: 'TooManyRequests',
      details: { retryAfterSeconds: 10, causes: [{ message: 'The disruption budget all is still being processed by the server.' }] },
    });
  });

  test('with two budgets is refused', async () => {
    await runs('a');
    await budget('one', COUNTED);
    await budget('two', COUNTED);
    await expect(evict('a')).rejects.toMatchObject({
      reason: 'InternalError',
      message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    });
  });

  test('of another name than the address says is refused', async () => {
    await runs('a');
    await expect(evict('a', { metadata: { name: 'b' } })).rejects.toMatchObject({ reason: 'BadRequest' });
  });

  test('as a dry run takes nothing', async () => {
    await runs('a');
    await budget('all', COUNTED);
    await evict('a', {}, { dryRun: true });
    expect(await isGoing('a')).toBe(false);
    expect(await statusOf('all')).toMatchObject({ disruptionsAllowed: 1 });
  });

  test('may be tried out by the options in its body too', async () => {
    await runs('a');
    await budget('all', COUNTED);
    const { revision } = plane.store;
    await evict('a', { deleteOptions: { dryRun: ['All'] } });
    expect(plane.store.revision).toBe(revision);
  });

  test('of another pod than the one that was meant leaves the pod and its budget as they are', async () => {
    await runs('a');
    await budget('all', COUNTED);
    const { revision } = plane.store;
    await expect(evict('a', { deleteOptions: { preconditions: { uid: 'x' } } })).rejects.toMatchObject({ reason: 'Conflict' });
    expect(plane.store.revision).toBe(revision);
  });

  test('of the version that was seen goes, though the pod is told why it goes before', async () => {
    await runs('a');
    const { metadata } = await plane.client.get(PODS, 'a', 'default');
    await evict('a', { deleteOptions: { preconditions: { resourceVersion: metadata.resourceVersion } } });
    expect(await isGoing('a')).toBe(true);
  });

  const spent = { ...COUNTED, disruptionsAllowed: 0 };
  test.each<[string, PodPhase, boolean, Status, PodDisruptionBudget['spec'], boolean]>([
    ['a pod that has not begun', 'Pending', false, spent, {}, true],
    ['a pod that has failed', 'Failed', false, spent, {}, true],
    ['a pod that is not ready, when enough others are', 'Running', false, spent, {}, true],
    ['a pod that is not ready, when too few are', 'Running', false, { ...spent, currentHealthy: 1 }, {}, false],
    [
      'a pod that is not ready, where the budget lets it go',
      'Running',
      false,
      { ...spent, currentHealthy: 1 },
      { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
      true,
    ],
    ['a pod of no labels that the budget selects', 'Running', true, spent, { selector: { matchLabels: { app: 'other' } } }, true],
    ['a pod, where the budget selects all', 'Running', true, spent, { selector: {} }, false],
  ])('of %s', async (_, phase, ready, status, spec, goes) => {
    await runs('a', phase, ready);
    await budget('all', status, spec);
    await (goes ? evict('a') : expect(evict('a')).rejects.toMatchObject({ reason: 'TooManyRequests' }));
    const left = await plane.client.get(PODS, 'a', 'default').catch(() => undefined);
    expect(left !== undefined && left.metadata.deletionTimestamp === undefined).toBe(!goes);
  });
});
