import { describe, expect, test } from 'vitest';
import type { Pod } from '../../src/model/index.ts';
import { availableIn, isActive, isAvailable, isReady } from '../../src/status/index.ts';

const NOON = Date.parse('2026-01-01T12:00:00Z');

function pod(status: Pod['status'], deleted = false): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', ...(deleted ? { deletionTimestamp: '2026-01-01T12:00:00Z' } : {}) },
    spec: { containers: [] },
    status,
  };
}

const readyAt = (lastTransitionTime: string | undefined) => pod({ conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] });
const unready = pod({ conditions: [{ type: 'Ready', status: 'False' }] });

test.each([
  ['one without a status', pod(undefined), true],
  ['a running one', pod({ phase: 'Running' }), true],
  ['one that succeeded', pod({ phase: 'Succeeded' }), false],
  ['one that failed', pod({ phase: 'Failed' }), false],
  ['one on its way out', pod({ phase: 'Running' }, true), false],
])('of active pods: %s: %s', (_, each, active) => expect(isActive(each)).toBe(active));

describe('a pod is available', () => {
  test.each([
    ['when it is ready and nothing more is asked', readyAt('2026-01-01T12:00:00Z'), 0, 0],
    ['after as long as it has still to stay ready', readyAt('2026-01-01T11:59:50Z'), 30, 20_000],
    ['exactly when the time is over', readyAt('2026-01-01T11:59:30Z'), 30, 0],
    ['never while it is not ready', unready, 0, undefined],
    ['never while it does not say since when', readyAt(undefined), 30, undefined],
  ])('%s', (_, each, minReadySeconds, expected) => {
    expect(availableIn(each, minReadySeconds, NOON)).toBe(expected);
    expect(isAvailable(each, minReadySeconds, NOON)).toBe(expected === 0);
  });

  test('and not ready without a Ready condition', () => expect(isReady(pod({}))).toBe(false));
});
