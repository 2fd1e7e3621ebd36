import { expect, test } from 'vitest';
import { canonicalJson, equalJson, randomSuffix, randomUid, seededRandom, StatusError, systemRandom } from '../../src/base/index.ts';

test.each([
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: undefined }, {}, true],
  [{ a: null }, {}, false],
  [[1, 2], [2, 1], false],
  [{ a: [{ b: 1 }] }, { a: [{ b: 1 }] }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [[], {}, false],
  [{}, { constructor: 'x' }, false],
  [{ toString: 'x' }, {}, false],
])('%j and %j: equal is %s', (a, b, equal) => {
  expect(equalJson(a, b)).toBe(equal);
  if (equal) expect(canonicalJson(a)).toBe(canonicalJson(b));
});

test('canonical text sorts keys and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [1, undefined], a: { d: undefined, c: 'x' } })).toBe('{"a":{"c":"x"},"b":[1,null]}');
});

test('a seed gives the same chance every time', () => {
  const names = [seededRandom(7), seededRandom(7)].map((random) => [randomSuffix(random), randomUid(random)]);
  expect(names[0]).toEqual(names[1]);
  expect(names[0]![0]).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
});

test.each([seededRandom(3), systemRandom])('a uid is a version 4 UUID', (random) => {
  for (let i = 0; i < 50; i++) expect(randomUid(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('a refusal becomes a Status with its code', () => {
  expect(new StatusError('Conflict', 'no', { name: 'x' }).toStatus()).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'no',
    reason: 'Conflict',
    details: { name: 'x' },
    code: 409,
  });
});
