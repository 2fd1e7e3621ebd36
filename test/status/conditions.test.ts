import { expect, test } from 'vitest';
import { deepFreeze } from '../../src/base/index.ts';
import type { Condition } from '../../src/model/index.ts';
import { withCondition, withoutCondition } from '../../src/status/index.ts';

const MONDAY = Date.parse('2026-01-05T00:00:00Z');
const TUESDAY = Date.parse('2026-01-06T00:00:00Z');
const ready = { type: 'Ready', status: 'True', reason: 'Started', message: 'is up' } as const;
const monday = deepFreeze<Condition[]>([{ ...ready, lastTransitionTime: '2026-01-05T00:00:00Z' }]);

test('a new condition takes the present time', () => {
  expect(withCondition(undefined, ready, MONDAY)).toEqual(monday);
});

test('the same condition changes nothing', () => {
  expect(withCondition(monday, ready, TUESDAY)).toBe(monday);
});

test('another reason keeps the time of the last transition', () => {
  expect(withCondition(monday, { ...ready, reason: 'StillUp' }, TUESDAY)).toEqual([{ ...monday[0], reason: 'StillUp' }]);
});

test('another status is a transition', () => {
  expect(withCondition(monday, { ...ready, status: 'False' }, TUESDAY)).toEqual([
    { ...ready, status: 'False', lastTransitionTime: '2026-01-06T00:00:00Z' },
  ]);
});

test('the others stay where they are', () => {
  const both = withCondition(monday, { type: 'Late', status: 'True' }, TUESDAY);
  expect(withCondition(both, { ...ready, status: 'Unknown' }, TUESDAY).map(({ type }) => type)).toEqual(['Ready', 'Late']);
  expect(withoutCondition(both, 'Ready').map(({ type }) => type)).toEqual(['Late']);
  expect(withoutCondition(undefined, 'Ready')).toEqual([]);
});
