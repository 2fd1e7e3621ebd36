import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RolloutModel } from '../controllers/model.ts';

const counts = fc.oneof(
  fc.nat({ max: 6 }),
  fc.nat({ max: 100 }).map((percent) => `${percent}%`),
);
const start = fc.record({ replicas: fc.nat({ max: 12 }), maxSurge: counts, maxUnavailable: counts });

const index = fc.nat({ max: 40 });
const turn = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ kind: 'deploy' } as const) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('sync' as const),
      index,
      counts: fc.constantFrom('before' as const, 'after' as const, 'refused' as const),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('ready' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('image' as const), index: fc.nat({ max: 3 }) }) },
);
const disturbance = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('unready' as const), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('scale' as const), index: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), paused: fc.boolean() }) },
);

type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;
type Disturbance = typeof disturbance extends fc.Arbitrary<infer T> ? T : never;

function take(model: RolloutModel, step: Turn | Disturbance): void {
  model.now += 1000;
  switch (step.kind) {
    case 'deploy':
      return model.deploy();
    case 'sync':
      return model.sync(step.index, step.counts);
    case 'ready':
      return model.setReady(step.index, true);
    case 'image':
      return model.setImage(`web:${step.index}`);
    case 'unready':
      return model.setReady(step.index, false);
    case 'scale':
      return model.edit({ replicas: step.index });
    case 'pause':
      return model.edit({ paused: step.paused });
  }
}

function expectDone(model: RolloutModel): void {
  const { spec, status } = model.deployment;
  const image = spec.template.spec.containers[0]!.image;
  expect(model.pods.map((pod) => pod.spec.containers[0]!.image)).toEqual(Array(spec.replicas!).fill(image));
  expect(status).toMatchObject(
    spec.replicas! > 0 ? { replicas: spec.replicas, updatedReplicas: spec.replicas, availableReplicas: spec.replicas } : {},
  );
  expect(status?.conditions?.find((condition) => condition.type === 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
}

describe('a rolling update', () => {
  test('never has too few available pods nor too many pods, whoever comes when, and ends', () => {
    fc.assert(
      fc.property(start, fc.array(turn, { maxLength: 120, size: 'max' }), ({ replicas, maxSurge, maxUnavailable }, turns) => {
        const model = new RolloutModel(replicas, maxSurge, maxUnavailable);
        model.settle();
        for (const step of turns) {
          take(model, step);
          expect(model.available).toBeGreaterThanOrEqual(model.leastAvailable);
          expect(model.pods.length).toBeLessThanOrEqual(model.mostPods);
        }
        model.settle();
        expectDone(model);
      }),
      { numRuns: 400, seed: 1 },
    );
  });

  test('ends as it should after scaling, pauses and failing pods', () => {
    fc.assert(
      fc.property(start, fc.array(fc.oneof(turn, disturbance), { maxLength: 100 }), ({ replicas, maxSurge, maxUnavailable }, steps) => {
        const model = new RolloutModel(replicas, maxSurge, maxUnavailable);
        for (const step of steps) take(model, step);
        model.edit({ paused: false });
        model.settle();
        expectDone(model);
      }),
      { numRuns: 300, seed: 2 },
    );
  });

  test('has nothing left to do once it is done', () => {
    const model = new RolloutModel(5, '25%', '25%');
    model.settle();
    const before = JSON.stringify([model.sets, model.deployment]);
    model.now += 86_400_000;
    model.deploy();
    expect(JSON.stringify([model.sets, model.deployment])).toBe(before);
  });
});
