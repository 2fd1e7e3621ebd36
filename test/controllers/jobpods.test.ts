import { describe, expect, test } from 'vitest';
import { decidePods, viewJob } from '../../src/controllers/job/index.ts';
import type { Job, Pod } from '../../src/model/index.ts';
import { ago, indexed, job, many, NOW, onCode, pod, policy, replacesEnded, told, type PodFacts, uids, view } from './jobsamples.ts';

describe('which pods a job makes and removes', () => {
  test.each<[string, Job, readonly Pod[], string]>([
    ['as many as may run at once', job({ parallelism: 3, completions: 9 }), [pod('a')], 'make 2'],
    ['none once it is being deleted', job({}, {}, { deletionTimestamp: ago(1) }), [], ''],
    ['one for what is on its way out', job(), [pod('a', { deletedAgo: 20 })], 'make 1'],
    ['none for what is on its way out, where it waits for the end', job(replacesEnded), [pod('a', { deletedAgo: 20 })], ''],
    ['also where a failure policy wants to see the end', job(policy(onCode('Ignore', 1))), [pod('a', { deletedAgo: 20 })], ''],
    [
      'no second pod for an index whose pod is on its way out, where it waits for the end',
      job({ ...indexed, ...replacesEnded, completions: 3, parallelism: 2 }),
      [pod('a', { index: 0, deletedAgo: 20 })],
      'make 1',
    ],
    [
      'none for an index that runs, has succeeded or has failed for good',
      job({ ...indexed, completions: 6, parallelism: 9, backoffLimitPerIndex: 0 }, { completedIndexes: '1,2', failedIndexes: '4' }),
      [pod('a', { index: 0 })],
      'make 3 5',
    ],
    [
      'none for an index whose success is not in its status yet',
      job({ ...indexed, completions: 2, parallelism: 2 }),
      [pod('a', { index: 0, phase: 'Succeeded' })],
      'make 1',
    ],
    [
      'only one pod of an index stays',
      job({ ...indexed, completions: 3, parallelism: 3 }),
      [pod('a', { index: 0 }), pod('b', { index: 0, phase: 'Pending' }), pod('c', { index: 1 })],
      'let go b',
    ],
    [
      'an index that is asked for no more loses its pod',
      job({ ...indexed, completions: 1, parallelism: 2 }),
      [pod('a', { index: 0 }), pod('b', { index: 1 })],
      'let go b',
    ],
    [
      'one more than there are indexes left goes',
      job({ ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 0 }, { failedIndexes: '0' }),
      [pod('a', { index: 0, phase: 'Pending' }), pod('b', { index: 1 })],
      'let go a',
    ],
    [
      'a pod that came to no start goes before one that runs',
      job({ parallelism: 2, completions: 5 }),
      [pod('a'), pod('b', { phase: 'Pending' }), pod('c')],
      'let go b',
    ],
    [
      'what ended before is not made again',
      job({ completions: 2, parallelism: 2 }, { succeeded: 1, uncountedTerminatedPods: { succeeded: ['a'] } }),
      [pod('a', { phase: 'Succeeded' })],
      '',
    ],
  ])('%s', (_name, of, pods, expected) => expect(told(of, pods)).toBe(expected));

  test('at most 500 at once', () => {
    expect(told(job({ parallelism: 600, completions: 600 }), [])).toBe('make 500');
    expect(uids(decidePods(view(job({ parallelism: 0 }), many(600))).remove.pods)).toHaveLength(500);
  });
});

describe('when a job tries again', () => {
  const failed = (endedAgo: number, rest: PodFacts = {}) => ({ phase: 'Failed' as const, endedAgo: [endedAgo], ...rest });
  const retries = job({ backoffLimit: 100, completions: 5 });
  test.each<[string, Job, readonly Pod[], string]>([
    ['10 s after its first failure', retries, [pod('a', failed(4))], 'wait 6'],
    ['twice as long after the next, from the last of them on', retries, [pod('a', failed(50)), pod('b', failed(4))], 'wait 16'],
    ['never later than after 10 minutes', retries, Array.from({ length: 20 }, (_, n) => pod(`p${n}`, failed(100 + n))), 'wait 500'],
    [
      'a success makes it forget the failures before it',
      retries,
      [pod('a', failed(9)), pod('b', failed(8)), pod('c', { phase: 'Succeeded', endedAgo: [7] })],
      'make 1',
    ],
    [
      'and counts those after it anew',
      retries,
      [pod('a', failed(9)), pod('b', failed(8)), pod('c', { phase: 'Succeeded', endedAgo: [7] }), pod('d', failed(6))],
      'wait 4',
    ],
    ['a pod has ended when its last container has', retries, [pod('a', failed(9, { endedAgo: [9, 3] }))], 'wait 7'],
    [
      'where not all have told their end, when it was last ready',
      retries,
      [pod('a', failed(9, { endedAgo: [9, undefined], conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(2) }] }))],
      'wait 8',
    ],
    ['without any of that, when it was deleted', retries, [pod('a', { deletedAgo: 4 })], 'wait 6'],
  ])('%s', (_name, of, pods, expected) => expect(told(of, pods)).toBe(expected));

  test('what it knew of failures whose pods are gone goes on, until a success', () => {
    const known = { count: 3, lastAt: NOW - 1000 };
    const waits = (pods: readonly Pod[]) => decidePods(viewJob(retries, pods, NOW, known)).lookAgainIn;
    expect(waits([])).toBe(39_000);
    expect(waits([pod('a', failed(0))])).toBe(80_000);
    expect(waits([pod('a', { phase: 'Succeeded', endedAgo: [0] })])).toBeUndefined();
  });

  test('of several indexes that wait the first decides when it looks again', () => {
    const of = job({ ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 9 });
    expect(told(of, [pod('a', failed(2, { index: 0 })), pod('b', failed(5, { index: 1 }))])).toBe('wait 5');
  });

  const perIndex = { ...indexed, completions: 2, parallelism: 2, backoffLimitPerIndex: 9 };
  const made = (of: Job, pods: readonly Pod[]) =>
    decidePods(view(of, pods)).create.map(({ index, annotations }) => [index, ...Object.values(annotations)]);
  test.each<[string, Job, readonly Pod[], unknown]>([
    ['an index without a failure begins at 0', job(perIndex), [pod('b', { index: 1 })], [[0, '0']]],
    [
      'the next pod of an index counts on from the last that failed',
      job(perIndex),
      [pod('a', failed(900, { index: 0, failures: 0 })), pod('b', failed(900, { index: 0, failures: 1 })), pod('c', { index: 1 })],
      [[0, '2']],
    ],
    [
      'a failure that is ignored is counted aside',
      job({ ...perIndex, ...policy(onCode('Ignore', 42)) }),
      [pod('a', failed(900, { index: 0, failures: 1, ignored: 1, exitCodes: [42] })), pod('c', { index: 1 })],
      [[0, '1', '2']],
    ],
    [
      'and makes the next try wait as any other',
      job({ ...perIndex, ...policy(onCode('Ignore', 42)) }),
      [pod('a', failed(30, { index: 0, failures: 1, ignored: 1, exitCodes: [42] })), pod('c', { index: 1 })],
      [],
    ],
  ])('%s', (_name, of, pods, expected) => expect(made(of, pods)).toEqual(expected));
});
