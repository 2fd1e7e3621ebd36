import { expect, test } from 'vitest';
import { Memory, sharing } from '../../src/base/index.ts';

test('what is asked for stays, and what is not is forgotten', () => {
  const memory = new Memory<string, number>(10);
  memory.set('kept', 1);
  memory.set('lost', 2);
  for (let n = 0; n < 100; n++) {
    memory.set(`${n}`, n);
    expect(memory.get('kept')).toBe(1);
  }
  expect(memory.get('lost')).toBeUndefined();
});

test('of so many values at least, and of twice as many at most', () => {
  const memory = new Memory<number, number>(10);
  for (let n = 0; n < 1000; n++) {
    memory.set(n, n);
    for (let back = 0; back < Math.min(n, 10); back++) expect(memory.get(n - back)).toBe(n - back);
  }
  const left = Array.from({ length: 1000 }, (_, n) => memory.get(n)).filter((value) => value !== undefined);
  expect(left.length).toBeLessThanOrEqual(20);
});

test('equal values that follow one another are one', () => {
  const share = sharing<{ readonly n: number }>();
  const one = share({ n: 1 });
  expect(share({ n: 1 })).toBe(one);
  expect(share({ n: 2 })).toEqual({ n: 2 });
  expect(share({ n: 1 })).toEqual(one);
});
