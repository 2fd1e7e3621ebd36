import { describe, expect, test } from 'vitest';
import { jsonPatch, mergePatch } from '../../../src/apiserver/patch/index.ts';
import { deepFreeze } from '../../../src/base/index.ts';

describe('merge patch', () => {
  // The examples of RFC 7386 whose patch is an object: Kubernetes takes no other.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (object, patch, result) => {
    expect(mergePatch(deepFreeze(object), deepFreeze(patch))).toEqual(result);
  });

  test('what the patch does not touch is the same object', () => {
    const object = { spec: { a: 1 }, metadata: { b: 1 } };
    expect((mergePatch(object, { spec: { a: 2 } }) as typeof object).metadata).toBe(object.metadata);
  });

  test('a patch that is no object is refused', () => {
    expect(() => mergePatch({}, ['a'])).toThrow(expect.objectContaining({ reason: 'BadRequest' }));
  });

  test('a member named __proto__ changes nobody', () => {
    const result = mergePatch({}, JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'));
    expect((result as { polluted?: boolean }).polluted).toBeUndefined();
    expect(result).toEqual({ a: 1 });
  });
});

describe('JSON patch', () => {
  const object = deepFreeze({ spec: { replicas: 1, list: ['a', 'b'] } });

  test.each([
    [
      [
        { op: 'test', path: '/spec/replicas', value: 1 },
        { op: 'replace', path: '/spec/replicas', value: 2 },
      ],
      { spec: { replicas: 2, list: ['a', 'b'] } },
    ],
    [
      [
        { op: 'add', path: '/spec/list/-', value: 'c' },
        { op: 'remove', path: '/spec/list/0' },
      ],
      { spec: { replicas: 1, list: ['b', 'c'] } },
    ],
    [[{ op: 'copy', from: '/spec/list', path: '/spec/other' }], { spec: { replicas: 1, list: ['a', 'b'], other: ['a', 'b'] } }],
    [[{ op: 'move', from: '/spec/list/0', path: '/first' }], { spec: { replicas: 1, list: ['b'] }, first: 'a' }],
  ])('%j', (operations, result) => {
    expect(jsonPatch(object, operations)).toEqual(result);
  });

  test('the operations are not changed either', () => {
    const operations = deepFreeze([
      { op: 'add', path: '/x', value: { list: [1] } },
      { op: 'add', path: '/x/list/-', value: 2 },
    ]);
    expect(jsonPatch(object, operations)).toEqual({ ...object, x: { list: [1, 2] } });
  });

  test.each([
    [[{ op: 'test', path: '/spec/replicas', value: 2 }]],
    [[{ op: 'remove', path: '/nope' }]],
    [[{ op: 'replace', path: '/nope', value: 1 }]],
    [[{ op: 'add', path: '/nope/deeper', value: 1 }]],
    [[{ op: 'add', path: '/spec/list/9', value: 1 }]],
    [[{ op: 'burn', path: '/spec' }]],
    [[{ op: 'add', path: '/__proto__/polluted', value: 1 }]],
    [[{ op: 'copy', from: '/nope/x', path: '/y' }]],
  ])('%j is refused as Invalid', (operations) => {
    expect(() => jsonPatch(object, operations)).toThrow(
      expect.objectContaining({ reason: 'Invalid', message: 'the server rejected our request due to an error in our request' }),
    );
  });

  test('more than 10,000 operations are too large', () => {
    const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/spec/replicas', value: 1 }));
    expect(jsonPatch(object, operations.slice(1))).toEqual(object);
    expect(() => jsonPatch(object, operations)).toThrow(
      expect.objectContaining({
        reason: 'RequestEntityTooLarge',
        message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
      }),
    );
  });

  test('copies of copies do not fill the memory', () => {
    const doubling = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/spec', path: `/spec/${i}` }));
    expect(() => jsonPatch({ spec: { text: 'x'.repeat(1000) } }, doubling)).toThrow(expect.objectContaining({ reason: 'Invalid' }));
  });
});
