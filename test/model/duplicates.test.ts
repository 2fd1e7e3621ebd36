import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { duplicateFields } from '../../src/model/index.ts';

describe('fields that a body names twice', () => {
  test.each<[json: string, found: string[]]>([
    ['{}', []],
    ['{"a":1,"b":1}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a', 'a']],
    ['{"spec":{"a":1,"b":{"a":2},"a":3}}', ['spec.a']],
    ['{"a":[{"b":1},{"b":1,"b":2}]}', ['a[1].b']],
    ['{"a":{"b":1},"c":{"b":1}}', []],
    ['{"a":"a","b":["a","a"]}', []],
    [String.raw`{"a\"":1,"a\"":2}`, ['[a"]']],
    [String.raw`{"a":"\\","a":"}"}`, ['a']],
    [String.raw`{"\u0061":1,"a":2}`, ['a']],
    ['{"metadata":{"labels":{"x.io/y":"1","x.io/y":"2"}}}', ['metadata.labels[x.io/y]']],
    ['{ "a" : 1 ,\n "a" : { "b" : [ ] , "b" : null } }', ['a', 'a.b']],
  ])('of %s are %j', (json, found) => {
    expect(duplicateFields(json).map(({ path }) => path)).toEqual(found);
  });

  test('come with those that are looked for, in the order of the text', () => {
    expect(duplicateFields('{"a":{"b":1,"c":1},"d":1,"a":1}', new Set(['d', 'a.c', 'e']))).toEqual([
      { path: 'a.c', name: 'c', offset: 12 },
      { path: 'd', name: 'd', offset: 19 },
      { path: 'a', name: 'a', offset: 25 },
    ]);
  });

  test('are none in what was written from a value', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(duplicateFields(JSON.stringify(JSON.parse(json)))).toEqual([]);
      }),
    );
  });

  test('are found wherever one is added', () => {
    const name = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(name, fc.json(), fc.json(), fc.nat(3), (field, first, second, depth) => {
        const inner = `{${JSON.stringify(field)}:${first},${JSON.stringify(field)}:${second}}`;
        expect(duplicateFields('{"x":['.repeat(depth) + inner + ']}'.repeat(depth)).length).toBeGreaterThan(0);
      }),
    );
  });
});
