import { expect, test } from 'vitest';
import { sharer } from '../../src/base/index.ts';

test('what says the same as one of the last few is given as that one', () => {
  const shared = sharer<readonly object[]>();
  const first = [{ type: 'Ready', status: 'True' }];
  expect(shared(first)).toBe(first);
  expect(shared([{ status: 'True', type: 'Ready' }])).toBe(first);
  const other = [{ type: 'Ready', status: 'False' }];
  expect(shared(other)).toBe(other);
  expect(shared([{ type: 'Ready', status: 'True' }])).toBe(first);
});

test('only a few are kept', () => {
  const shared = sharer<readonly number[]>();
  const first = shared([0]);
  for (let i = 1; i < 100; i++) shared([i]);
  expect(shared([0])).not.toBe(first);
});
