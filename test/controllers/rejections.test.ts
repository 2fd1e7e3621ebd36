import { describe, expect, test } from 'vitest';
import { rejectionsOf } from '../../src/controllers/rejections.ts';
import { formatTime, type Pod, type PodStatus } from '../../src/model/index.ts';
import { pod } from '../tools/manifests.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');

const containerStatuses = [{ name: 'c', image: 'x', imageID: '', ready: true, restartCount: 0 }];
const STATES = {
  rejected: { phase: 'Failed', reason: 'OutOfcpu', message: 'Pod was rejected: no room' },
  evicted: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory', containerStatuses },
  lost: { phase: 'Failed' },
  waiting: { phase: 'Pending' },
  starting: { phase: 'Pending', containerStatuses },
  running: { phase: 'Running' },
} as const satisfies Record<string, PodStatus>;

/** A state, and how many seconds ago the pod was made. */
type Sample = readonly [state: keyof typeof STATES, age: number];

function made([state, age]: Sample, i: number): Pod {
  const base = pod(`p${i}`, { nodeName: 'n1' });
  return { ...base, metadata: { ...base.metadata, creationTimestamp: formatTime(NOW - age * 1000) }, status: STATES[state] };
}

const pauseOf = (samples: readonly Sample[], want: number) => rejectionsOf(samples.map(made), want, NOW)?.pauseMs;

describe('the pause of a set', () => {
  test.each<[string, readonly Sample[], number, number | undefined]>([
    ['is none where nothing was rejected', [['running', 9], ['evicted', 5], ['lost', 3]], 3, undefined],
    ['is a second after the first', [['rejected', 0]], 1, 1000],
    ['is over when it has passed', [['rejected', 1]], 1, 0],
    ['is doubled with each in a row', [['rejected', 3], ['rejected', 2], ['rejected', 0]], 1, 4000],
    ['counts those that were made for as many places as one', [['rejected', 0], ['rejected', 0], ['rejected', 0]], 3, 1000],
    ['counts what waits for a node as a place without a pod', [['rejected', 0], ['waiting', 0]], 2, 1000],
    ['begins anew after one that was taken on', [['rejected', 9], ['rejected', 8], ['starting', 4], ['rejected', 0]], 2, 1000],
    ['is none for a set that has what it wants', [['rejected', 0], ['running', 5], ['starting', 5]], 2, undefined],
    ['is none for a set that is to have none', [['rejected', 0]], 0, undefined],
    ['is five minutes at most', Array.from({ length: 40 }, () => ['rejected', 0] as const), 1, 300_000],
  ])('%s', (_, samples, want, pause) => expect(pauseOf(samples, want)).toBe(pause)); // prettier-ignore

  test('comes with what the last node said', () => {
    expect(rejectionsOf([made(['rejected', 0], 7)], 1, NOW)!.message).toBe('node n1 rejected pod p7: OutOfcpu: Pod was rejected: no room');
  });
});
