import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Client } from '../../src/client/index.ts';
import { decideBudget } from '../../src/controllers/disruption/index.ts';
import { scaleOf } from '../../src/controllers/disruption/scale.ts';
import { evictionInterval } from '../../src/controllers/nodelifecycle/index.ts';
import { decideEviction } from '../../src/controllers/tainteviction/index.ts';
import {
  EVENTS,
  formatTime,
  POD_DISRUPTION_BUDGETS,
  PODS,
  type KubeObject,
  type Manifest,
  type Node,
  type Pod,
  type PodDisruptionBudget,
  type Taint,
  type Toleration,
} from '../../src/model/index.ts';
import { define, GROUP, version, website, WEBSITES } from '../apiserver/customresources/definitions.ts';
import { pod } from '../tools/manifests.ts';
import { cluster, type Cluster } from './cluster.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const pods = (ready: number, unready = 0): readonly Pod[] =>
  Array.from({ length: ready + unready }, (_, i) => ({
    ...pod(`p${i}`),
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: i < ready ? 'True' : 'False' }] },
  }));
const budget = (spec: PodDisruptionBudget['spec'], disrupted: Record<string, string> = {}): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default', generation: 2 },
  spec,
  status: { disruptedPods: disrupted, disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
});

describe('a budget allows', () => {
  test.each<[string, PodDisruptionBudget['spec'], readonly Pod[], number, readonly number[]]>([
    ['what is above a least count', { minAvailable: 2 }, pods(3), 3, [1, 3, 2, 3]],
    ['nothing below it', { minAvailable: 2 }, pods(1, 2), 3, [0, 1, 2, 3]],
    ['what is above a share of what is wanted, rounded up', { minAvailable: '50%' }, pods(5), 5, [2, 5, 3, 5]],
    ['as many as may be missing of what is wanted', { maxUnavailable: 1 }, pods(3), 4, [0, 3, 3, 4]],
    ['a share that may be missing, rounded up', { maxUnavailable: '30%' }, pods(4), 4, [2, 4, 2, 4]],
    ['nothing where it says neither', {}, pods(3), 0, [0, 3, 0, 0]],
    ['nothing without pods', { minAvailable: 0 }, [], 0, [0, 0, 0, 0]],
  ])('%s', (_, spec, all, scale, expected) => {
    const { status } = decideBudget(budget(spec), all, scale, NOW);
    expect([status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods]).toEqual(expected);
  });

  test('no pod twice: one whose eviction was allowed counts as gone, for two minutes', () => {
    const held = budget({ minAvailable: 2 }, { p0: '2026-01-01T00:09:00Z', p1: '2026-01-01T00:07:00Z', gone: '2026-01-01T00:09:30Z' });
    const { status, lookAgainIn } = decideBudget(held, pods(3), 3, NOW);
    expect(status).toMatchObject({
      disruptedPods: { p0: '2026-01-01T00:09:00Z' },
      currentHealthy: 2,
      disruptionsAllowed: 0,
      observedGeneration: 2,
    });
    expect(lookAgainIn).toBe(60_000);
  });
});

describe('how many pods there should be', () => {
  const owned = (name: string, kind: string): Pod => ({
    ...pod(name),
    metadata: {
      ...pod(name).metadata,
      ownerReferences: [{ apiVersion: 'example.com/v1', kind, name: 'farm', uid: 'f', controller: true }],
    },
  });
  const knowing = (scale: object) =>
    ({
      kindOf: async () => ({ group: 'example.com', version: 'v1', kind: 'Farm', plural: 'farms', namespaced: true }),
      read: async () => scale,
    }) as unknown as Client;

  test('is asked of a controller of whatever kind, once for all its pods', async () => {
    const all = [owned('a', 'Farm'), owned('b', 'Farm'), pod('alone')];
    const { wanted, unmanaged } = await scaleOf(knowing({ metadata: { uid: 'f' }, spec: { replicas: 5 } }), all);
    expect([wanted, unmanaged.map(({ metadata }) => metadata.name)]).toEqual([5, ['alone']]);
  });

  test('is not known where another has the name of the controller', () =>
    expect(scaleOf(knowing({ metadata: { uid: 'g' }, spec: { replicas: 5 } }), [owned('a', 'Farm')])).rejects.toThrow(
      'found no controllers for pod "a"',
    ));
});

describe('the controller of budgets', () => {
  let plane: Cluster;
  beforeEach(async () => {
    plane = await cluster(['disruption']);
  });
  afterEach(() => plane.scope.close());

  const events = async () => {
    await plane.clock.settle();
    return (await plane.client.list(EVENTS, { namespace: 'default' })).items.map(({ reason, message }) => `${reason}: ${message}`);
  };
  const create = async (spec: PodDisruptionBudget['spec']) => {
    const { metadata, status: _, ...rest } = budget({ selector: { matchLabels: { app: 'web' } }, ...spec });
    await plane.client.create(POD_DISRUPTION_BUDGETS, { ...rest, metadata: { name: metadata.name, namespace: 'default' } });
    await plane.clock.settle();
  };
  const live = () => plane.client.get(PODS, 'p', 'default');
  const tell = async (status: Pod['status']) => {
    await plane.trusted.updateStatus(PODS, { ...(await live()), status });
    await plane.clock.settle();
  };

  test('tells of pods that nobody controls, where their controllers would have to say how many there should be', async () => {
    await plane.trusted.create(PODS, pod('p', {}, { app: 'web' }));
    await create({ maxUnavailable: 1 });
    expect((await events())[0]).toMatch(
      /^UnmanagedPods: Pods selected by this PodDisruptionBudget \(selector: &LabelSelector{MatchLabels:map\[string\]string{app: web,},MatchExpressions:\[\]LabelSelectorRequirement{},}\) were found to be unmanaged\./,
    );
  });

  const controlledBy = (apiVersion: string, kind: string, { name, uid }: KubeObject['metadata']): Pod => {
    const { metadata, ...rest } = pod('p', {}, { app: 'web' });
    return { ...rest, metadata: { ...metadata, ownerReferences: [{ apiVersion, kind, name, uid: uid!, controller: true }] } };
  };

  test('asks a custom resource for its count where its definition says that it is', async () => {
    const scale = { specReplicasPath: '.spec.workers', statusReplicasPath: '.status.running' };
    await define(plane, { versions: [version({ workers: { type: 'integer' } }, { subresources: { scale } })] });
    await plane.clock.settle();
    const made = await plane.client.create<Manifest>(WEBSITES, website('farm', { workers: 4 }));
    await plane.trusted.create(PODS, controlledBy(`${GROUP}/v1`, 'Website', made.metadata));
    await create({ maxUnavailable: 1 });
    const { status } = await plane.client.get(POD_DISRUPTION_BUDGETS, 'web', 'default');
    expect(status).toMatchObject({ expectedPods: 4, desiredHealthy: 3 });
  });

  test.each([
    ['apps/v1', 'DaemonSet', 'daemonsets.apps does not implement the scale subresource'],
    ['apps/v1', 'StatefulSet', 'found no controllers for pod "p"'],
    [`${GROUP}/v1`, 'Website', `no matches for kind "Website" in version "${GROUP}/v1"`],
  ])('tells of a controller that does not say how many pods it wants: %s %s', async (apiVersion, kind, problem) => {
    await plane.trusted.create(PODS, controlledBy(apiVersion, kind, { name: 'agent', uid: 'agent' }));
    await create({ maxUnavailable: 1 });
    expect(await events()).toContain(`CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods: ${problem}`);
    const { status } = await plane.client.get(POD_DISRUPTION_BUDGETS, 'web', 'default');
    expect(status?.conditions).toMatchObject([{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: problem }]);
  });

  test('tells of a pod that was to be deleted and is still there after two minutes', async () => {
    await plane.trusted.create(PODS, pod('p', {}, { app: 'web' }));
    await create({ minAvailable: 1 });
    const present = await plane.client.get(POD_DISRUPTION_BUDGETS, 'web', 'default');
    const disruptedPods = { p: formatTime(plane.clock.now()) };
    await plane.trusted.updateStatus(POD_DISRUPTION_BUDGETS, { ...present, status: { ...present.status!, disruptedPods } });
    await plane.clock.advance(119_000);
    expect(await events()).toEqual([]);
    await plane.clock.advance(1_000);
    expect(await events()).toEqual([`NotDeleted: Pod was expected by PDB default/web to be deleted but it wasn't`]);
  });

  test('takes it back after two minutes that a pod was to be disrupted', async () => {
    await plane.trusted.create(PODS, pod('p'));
    const target = { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'm' } as const;
    await tell({ phase: 'Running', conditions: [{ ...target, lastTransitionTime: formatTime(plane.clock.now()) }] });
    await plane.clock.advance(119_000);
    expect((await live()).status?.conditions).toMatchObject([{ status: 'True' }]);
    await plane.clock.advance(1_000);
    expect((await live()).status?.conditions).toEqual([
      { type: 'DisruptionTarget', status: 'False', lastProbeTime: null, lastTransitionTime: formatTime(plane.clock.now()) },
    ]);
  });

  test('does not take it back that a node ends a pod, however long that takes', async () => {
    await plane.trusted.create(PODS, pod('p'));
    const target = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message: 'm' } as const;
    await tell({ phase: 'Running', conditions: [{ ...target, lastTransitionTime: formatTime(plane.clock.now()) }] });
    await plane.clock.advance(600_000);
    expect((await live()).status?.conditions).toMatchObject([{ status: 'True' }]);
  });
});

describe('under taints a pod stays', () => {
  const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
  const tolerate = (tolerationSeconds?: number): Toleration => ({
    key: unreachable.key,
    operator: 'Exists',
    effect: 'NoExecute',
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  });
  test.each<[string, readonly Toleration[], readonly Taint[], number | undefined]>([
    ['for ever without any that executes', [], [{ key: 'a', effect: 'NoSchedule' }], undefined],
    ['not at all when it tolerates nothing', [], [unreachable], 0],
    ['as long as it says', [tolerate(300)], [unreachable], 300_000],
    ['as long as the first of its tolerations says', [tolerate(300), tolerate(20)], [unreachable], 300_000],
    ['for ever when the first of them says no time', [{ operator: 'Exists' }, tolerate(20)], [unreachable], undefined],
    ['the shortest that it says of several', [tolerate(300), { ...tolerate(20), key: 'b' }], [unreachable, { key: 'b', effect: 'NoExecute' }], 20_000], // prettier-ignore
    ['for ever when it says no time', [tolerate()], [unreachable], undefined],
    ['not at all when it tolerates only one of two', [tolerate()], [unreachable, { key: 'b', effect: 'NoExecute' }], 0],
  ])('%s', (_, tolerations, taints, expected) => expect(decideEviction(pod('p', { tolerations }), taints)).toBe(expected));
});

describe('the pods of silent nodes leave', () => {
  const zone = (name: string, sick: number, well: number): readonly Node[] =>
    Array.from({ length: sick + well }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `${name}-${i}`, labels: { 'topology.kubernetes.io/zone': name } },
      status: { conditions: [{ type: 'Ready', status: i < sick ? 'Unknown' : 'True' }] },
    }));
  test.each<[string, readonly Node[], number | undefined]>([
    ['one node every 10 s', zone('a', 1, 9), 10_000],
    ['no more of them where most of a small zone is silent', zone('a', 6, 4), Infinity],
    ['more slowly where most of a large zone is silent', zone('a', 40, 20), 100_000],
    ['as ever from a zone that is silent altogether, while another speaks', [...zone('a', 5, 0), ...zone('b', 0, 5)], 10_000],
    ['not where everything is silent', [...zone('a', 5, 0), ...zone('b', 5, 0)], undefined],
  ])('%s', (_, nodes, expected) => expect(evictionInterval('/a', nodes)).toBe(expected));
});
