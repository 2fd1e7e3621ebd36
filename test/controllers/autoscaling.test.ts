import { describe, expect, test } from 'vitest';
import {
  limitRate,
  proposeReplicas,
  stabilize,
  type Goal,
  type PodUsage,
  type ScaleHistory,
} from '../../src/controllers/autoscaling/index.ts';
import { rulesOf } from '../../src/controllers/autoscaling/behavior.ts';
import { backWithinBounds, decideScale } from '../../src/controllers/autoscaling/decide.ts';
import { formatTime, type HorizontalPodAutoscaler, type Pod, type ScalingRules } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';

const NOW = Date.parse('2026-01-01T12:00:00Z');
const running = (name: string, is: 'True' | 'False' = 'True', ageMs = 3_600_000): Pod => {
  const time = formatTime(NOW - ageMs);
  return {
    ...pod(name),
    status: { phase: 'Running', startTime: time, conditions: [{ type: 'Ready', status: is, lastTransitionTime: time }] },
  };
};
const usage = (values: Record<string, number>): ReadonlyMap<string, PodUsage> =>
  new Map(Object.entries(values).map(([name, value]) => [name, { value, at: NOW, windowMs: 30_000 }]));

describe('usage calls for', () => {
  const average: Goal = { kind: 'average', amount: 100 };
  const demand = (pods: readonly Pod[], values: Record<string, number>, goal: Goal, replicas = pods.length) =>
    proposeReplicas({ replicas, pods, usage: usage(values), goal, isCpu: true, tolerance: { up: 0.1, down: 0.1 } }, NOW);
  const propose = (pods: readonly Pod[], values: Record<string, number>) => demand(pods, values, average).replicas;
  const three = ['a', 'b', 'c'].map((name) => running(name));

  test.each<[string, number, Record<string, number>]>([
    ['as many as there are, within the tolerance', 3, { a: 105, b: 110, c: 109 }],
    ['more, when pods use more', 5, { a: 150, b: 150, c: 150 }],
    ['fewer, when pods use less', 1, { a: 20, b: 20, c: 20 }],
    ['no more than an idle pod in place of one that nobody measured would leave', 3, { a: 150, b: 150 }],
    ['no fewer than a busy pod in place of one that nobody measured would leave', 2, { a: 20, b: 20 }],
  ])('%s', (_, replicas, values) => expect(propose(three, values)).toBe(replicas));

  test('no more because of a pod that has just started', () => {
    expect(propose([running('a'), running('b', 'False', 60_000)], { a: 180, b: 900 })).toBe(2);
  });

  test('as many as there are while whole percents are within the tolerance, and only those pods that count are told of', () => {
    const goal: Goal = { kind: 'utilization', percent: 50, requestOf: () => 200 };
    const starting = running('c', 'False', 60_000);
    expect(demand([running('a'), running('b'), starting], { a: 111, b: 112, c: 900 }, goal)).toEqual({
      replicas: 3,
      utilization: 55,
      average: 111,
    });
    expect(demand([running('a'), running('b')], { a: 112, b: 112 }, goal).replicas).toBe(3);
  });

  test('nothing, when no pod was measured', () => expect(() => propose(three, {})).toThrow('did not receive metrics for targeted pods'));
});

const autoscaler = (
  behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules },
  bounds = { minReplicas: 1, maxReplicas: 100 },
): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'default' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, ...bounds, ...(behavior ? { behavior } : {}) },
});
const ago = (seconds: number, count: number) => ({ at: NOW - seconds * 1000, count });
const history = (parts: Partial<ScaleHistory>): ScaleHistory => ({ recommendations: [], ups: [], downs: [], ...parts });

describe('the count', () => {
  test.each<[string, number, number, ScaleHistory, number]>([
    ['shrinks to the most that was recommended in five minutes', 2, 10, history({ recommendations: [ago(200, 7), ago(400, 9)] }), 7],
    ['grows at once', 20, 10, history({ recommendations: [ago(10, 3)] }), 20],
  ])('%s', (_, wanted, replicas, past, expected) => expect(stabilize(wanted, replicas, past, rulesOf(autoscaler()), NOW)).toBe(expected));

  test.each<[string, { scaleUp?: ScalingRules; scaleDown?: ScalingRules } | undefined, number, number, ScaleHistory, number]>([
    ['doubles in 15 s', undefined, 50, 10, history({}), 20],
    ['grows by four where that is more', undefined, 50, 2, history({}), 6],
    ['has doubled already', undefined, 50, 20, history({ ups: [ago(5, 10)] }), 20],
    ['may not shrink', { scaleDown: { selectPolicy: 'Disabled' } }, 1, 10, history({}), 10],
    [
      'shrinks by two a minute',
      { scaleDown: { policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] } },
      1,
      10,
      history({ downs: [ago(30, 1)] }),
      9,
    ],
  ])('%s', (_, behavior, wanted, replicas, past, expected) => {
    expect(limitRate(wanted, replicas, past, rulesOf(autoscaler(behavior)), NOW)).toBe(expected);
  });

  test.each<[string, number, number, number, string]>([
    ['stays below its maximum', 5, 9, 6, 'TooManyReplicas'],
    ['stays above its minimum', 3, 1, 2, 'TooFewReplicas'],
    ['is as wanted within its bounds', 3, 4, 4, 'DesiredWithinRange'],
  ])('%s', (_, current, wanted, expected, reason) => {
    const bounded = autoscaler({ scaleDown: { stabilizationWindowSeconds: 0 } }, { minReplicas: 2, maxReplicas: 6 });
    const decision = decideScale(
      bounded,
      current,
      [
        { replicas: wanted, name: 'cpu' },
        { replicas: 1, name: 'memory' },
      ],
      history({}),
      NOW,
    );
    expect([decision.replicas, decision.limited.reason]).toEqual([expected, reason]);
  });

  test('outside its bounds is brought back whatever is measured', () => {
    const bounded = autoscaler(undefined, { minReplicas: 2, maxReplicas: 6 });
    expect(backWithinBounds(bounded, 9)).toEqual({ replicas: 6, because: 'Current number of replicas above Spec.MaxReplicas' });
    expect(backWithinBounds(bounded, 1)).toEqual({ replicas: 2, because: 'Current number of replicas below Spec.MinReplicas' });
    expect(backWithinBounds(bounded, 6)).toBeUndefined();
  });
});
