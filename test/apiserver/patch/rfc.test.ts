import { describe, expect, test } from 'vitest';
import { jsonPatch, mergePatch, type JsonPatchOperation } from '../../../src/apiserver/patch/index.ts';
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
    [[{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
    [[{ op: 'test', path: '', value: object }], object],
    [[{ op: 'add', path: '/spec/a~1b~0c', value: 1 }], { spec: { ...object.spec, 'a/b~c': 1 } }],
  ])('%j', (operations, result) => {
    expect(jsonPatch(object, operations)).toEqual(result);
  });

  // As a real API server answers, which is not what the RFC says.
  test.each([
    ['what is not there can be replaced', [{ op: 'replace', path: '/nope', value: 1 }], { ...object, nope: 1 }],
    ['and is null', [{ op: 'test', path: '/nope', value: null }], object],
    ['whether null is written or not', [{ op: 'test', path: '/nope' }], object],
    ['and copied as null', [{ op: 'copy', from: '/nope', path: '/y' }], { ...object, y: null }],
    ['no value is null', [{ op: 'add', path: '/y' }], { ...object, y: null }],
    ['the last place of a list', [{ op: 'add', path: '/spec/list/-1', value: 'c' }], { spec: { replicas: 1, list: ['a', 'b', 'c'] } }],
    ['the last item of a list', [{ op: 'remove', path: '/spec/list/-1' }], { spec: { replicas: 1, list: ['a'] } }],
    ['the first item, from the end', [{ op: 'replace', path: '/spec/list/-2', value: 'x' }], { spec: { replicas: 1, list: ['x', 'b'] } }],
    ['a path without its slash', [{ op: 'add', path: 'x/y', value: 1 }], { ...object, y: 1 }],
  ])('%s: %j', (_, operations, result) => {
    expect(jsonPatch(object, operations)).toEqual(result);
  });

  test('the operations are not changed either', () => {
    const operations = deepFreeze([
      { op: 'add', path: '/x', value: { list: [1] } },
      { op: 'add', path: '/x/list/-', value: 2 },
    ]);
    expect(jsonPatch(object, operations)).toEqual({ ...object, x: { list: [1, 2] } });
  });

  test.each<[JsonPatchOperation | null, string]>([
    [{ op: 'test', path: '/spec/replicas', value: 2 }, 'testing value /spec/replicas failed: test failed'],
    [{ op: 'test', path: '/nope/x', value: null }, 'test operation does not apply: doc is missing path: "/nope/x": missing value'],
    [{ op: 'remove', path: '/nope' }, 'remove operation does not apply: Unable to remove nonexistent key: nope: missing value'],
    [{ op: 'move', from: '/nope', path: '/y' }, 'remove operation does not apply: Unable to remove nonexistent key: nope: missing value'],
    [{ op: 'replace', path: '/nope/x', value: 1 }, 'replace operation does not apply: doc is missing path: "/nope/x": missing value'],
    [{ op: 'replace', path: '/spec/list/-', value: 1 }, 'no item "-" in a list of 2: /spec/list/-'],
    [{ op: 'replace', path: '', value: 1 }, 'replace operation value must be object or array'],
    [{ op: 'add', path: '/nope/deeper', value: 1 }, 'add operation does not apply: doc is missing path: "/nope/deeper": missing value'],
    [{ op: 'add', path: '/spec/list/9', value: 1 }, 'no item "9" in a list of 3: /spec/list/9'],
    [{ op: 'add', path: '/spec/list/x', value: 1 }, 'no item "x" in a list of 3: /spec/list/x'],
    [{ op: 'add', path: '', value: {} }, 'add operation does not apply: doc is missing path: "": missing value'],
    [{ op: 'add', path: '/spec/replicas/x', value: 1 }, 'add operation does not apply: doc is missing path: "/spec/replicas/x": missing value'],
    [{ op: 'add', path: '/__proto__/polluted', value: 1 }, 'add operation does not apply: doc is missing path: "/__proto__/polluted": missing value'],
    [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }, 'no field can be called __proto__'],
    [{ op: 'copy', from: '/nope/x', path: '/y' }, 'copy operation does not apply: doc is missing from path: "/nope/x": missing value'],
    [{ op: 'copy', path: '/y' }, 'copy operation does not apply: doc is missing from path: "": missing value'],
    [{ op: 'burn', path: '/spec' }, 'Unexpected kind: burn'],
    [{ path: '/spec' } as JsonPatchOperation, 'Unexpected kind: unknown'],
    [{ op: 'add' } as JsonPatchOperation, 'add operation failed to decode path: missing value'],
    [null, 'unknown operation failed to decode path: missing value'],
  ])('%j is refused as Invalid, and a warning tells why', (operation, why) => {
    expect(() => jsonPatch(object, [operation as JsonPatchOperation])).toThrow(
      expect.objectContaining({
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        warnings: [`JSON patch: ${why}`],
      }),
    );
  }); // prettier-ignore

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
