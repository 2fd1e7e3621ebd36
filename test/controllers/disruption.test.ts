import { describe, expect, test } from 'vitest';
import { decideBudget } from '../../src/controllers/disruption/index.ts';
import { evictionInterval } from '../../src/controllers/nodelifecycle/index.ts';
import { decideEviction } from '../../src/controllers/tainteviction/index.ts';
import type { Node, Pod, PodDisruptionBudget, Taint, Toleration } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';

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
    ['nothing without pods', { minAvailable: 0 }, [], 0, [0, 0, 0, 0]],
  ])('%s', (_, spec, all, scale, expected) => {
    const { status } = decideBudget(budget(spec), all, () => scale, NOW);
    expect([status.disruptionsAllowed, status.currentHealthy, status.desiredHealthy, status.expectedPods]).toEqual(expected);
  });

  test('no pod twice: one whose eviction was allowed counts as gone, for two minutes', () => {
    const held = budget({ minAvailable: 2 }, { p0: '2026-01-01T00:09:00Z', p1: '2026-01-01T00:07:00Z', gone: '2026-01-01T00:09:30Z' });
    const { status, lookAgainIn } = decideBudget(held, pods(3), () => 3, NOW);
    expect(status).toMatchObject({
      disruptedPods: { p0: '2026-01-01T00:09:00Z' },
      currentHealthy: 2,
      disruptionsAllowed: 0,
      observedGeneration: 2,
    });
    expect(lookAgainIn).toBe(60_000);
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
    ['the shortest of what it says', [tolerate(300), tolerate(20)], [unreachable], 20_000],
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
    ['not where most of a small zone is silent', zone('a', 6, 4), undefined],
    ['more slowly where most of a large zone is silent', zone('a', 40, 20), 100_000],
    ['as ever from a zone that is silent altogether, while another speaks', [...zone('a', 5, 0), ...zone('b', 0, 5)], 10_000],
    ['not where everything is silent', [...zone('a', 5, 0), ...zone('b', 5, 0)], undefined],
  ])('%s', (_, nodes, expected) => expect(evictionInterval('/a', nodes)).toBe(expected));
});
