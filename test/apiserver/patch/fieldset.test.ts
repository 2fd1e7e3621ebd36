import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareFields,
  difference,
  differenceBelow,
  fieldSet,
  fieldsOf,
  formatPaths,
  intersection,
  NO_FIELDS,
  parseFields,
  union,
} from '../../../src/apiserver/patch/index.ts';
import { any, scalar, struct, THING } from './shapes.ts';

const set = (...paths: string[]) => fieldSet(paths.map((path) => path.split('.')));
const paths = (fields: object) => [...formatPaths(fields as never)];

describe('FieldsV1', () => {
  test('keys of an item come in one order and one text, and items by what they are', () => {
    const fields = parseFields({
      'f:ports': {
        'k:{"protocol":"TCP", "port":443}': {},
        'k:{"port":80,"protocol":"TCP"}': { 'f:port': {}, '.': {} },
        'v:"b"': {},
        '.': {},
        'f:x': {},
      },
    });
    expect(JSON.stringify(fields)).toBe(
      '{"f:ports":{".":{},"f:x":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{}},"k:{\\"port\\":443,\\"protocol\\":\\"TCP\\"}":{},"v:\\"b\\"":{}}}',
    );
  });

  test.each([[{ 'x:a': {} }], [{ 'k:[1]': {} }], [{ 'k:{': {} }], [{ 'i:x': {} }], [{ 'f:a': 1 }], ['text']])('%j is none', (fields) => {
    expect(parseFields(fields as never)).toBeUndefined();
  });

  test('equal sets are one frozen object, whatever order they were found in', () => {
    const one = fieldsOf({ spec: { replicas: 1, args: [] }, metadata: { labels: { a: '', b: '' } } }, THING);
    const other = fieldsOf({ metadata: { labels: { b: 'x', a: 'y' } }, spec: { args: ['z'], replicas: 2 } }, THING);
    expect(other).toBe(one);
    expect(Object.isFrozen(one)).toBe(true);
    expect(parseFields(JSON.parse(JSON.stringify(one)))).toBe(one);
  });
});

const items = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '10.0.0.1', '"'), { maxLength: 4 });
const value = fc.record({ replicas: fc.nat(), items: items.map((names) => names.map((name) => ({ name, image: 'x' }))) });

test('a set says the same the first time and each time after it', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 6 }), (specs) => {
      const said = () => specs.map((spec) => JSON.stringify(fieldsOf({ spec }, THING)));
      const first = said();
      for (let i = 0; i < 4; i++) expect(said()).toEqual(first);
      const backwards = specs.map((spec) => JSON.stringify(fieldsOf({ spec: { ...spec, items: spec.items.toReversed() } }, THING)));
      expect(backwards).toEqual(first);
    }),
  );
});

describe('sets of fields', () => {
  test('a member and what is below it are counted apart', () => {
    expect(paths(difference(set('a', 'a.b'), set('a')))).toEqual(['.a.b']);
    expect(paths(difference(set('a', 'a.b'), set('a.b')))).toEqual(['.a']);
    expect(paths(differenceBelow(set('a', 'a.b', 'c'), set('a')))).toEqual(['.c']);
    expect(paths(intersection(set('a', 'a.b'), set('a')))).toEqual(['.a']);
    expect(paths(union(set('a.b'), set('a')))).toEqual(['.a', '.a.b']);
  });

  test('what is left of nothing is nothing', () => {
    expect(difference(set('a.b.c'), set('a.b.c'))).toBe(NO_FIELDS);
    expect(intersection(set('a.b'), set('a.c'))).toBe(NO_FIELDS);
    expect(differenceBelow(set('a.b'), set('a'))).toBe(NO_FIELDS);
  });
});

describe('the fields that a configuration owns', () => {
  test.each([
    ['leaves, not the structs on the way', { spec: { strategy: { rolling: { surge: 1 } } } }, ['.spec.strategy.rolling.surge']],
    ['the keys of a map', { metadata: { labels: { 'a/b': '1' } } }, ['.metadata.labels.a/b']],
    ['the values of a set', { metadata: { finalizers: ['x', 'y'] } }, ['.metadata.finalizers[="x"]', '.metadata.finalizers[="y"]']],
    [
      'the items of a list, with what is in them',
      { spec: { items: [{ name: 'a', image: 'b' }] } },
      ['.spec.items[name="a"]', '.spec.items[name="a"].image', '.spec.items[name="a"].name'],
    ],
    [
      'items by their keys, with the default of a key',
      { spec: { ports: [{ port: 80 }] } },
      ['.spec.ports[port=80,protocol="TCP"]', '.spec.ports[port=80,protocol="TCP"].port'],
    ],
    ['an atomic list as a whole', { spec: { args: ['a'] } }, ['.spec.args']],
    ['an atomic struct as a whole', { spec: { selector: { matchLabels: { a: 'b' } } } }, ['.spec.selector']],
    ['an empty struct, but no empty list', { spec: { strategy: {}, items: [] } }, ['.spec.strategy']],
    ['a null', { spec: { replicas: null } }, ['.spec.replicas']],
    ['free fields by what they are', { spec: { extra: { a: { b: [1] } } } }, ['.spec.extra.a', '.spec.extra.a.b']],
    ['what the schema does not know', { spec: { more: { a: 1 } } }, ['.spec.more', '.spec.more.a']],
  ])('%s', (_, value, expected) => {
    expect(paths(fieldsOf(value, THING)).toSorted()).toEqual(expected);
  });

  test('a field that only an open struct has room for is a member itself, with all in it', () => {
    const open = { ...struct({ known: scalar }), field: (name: string) => (name === 'known' ? scalar : any) };
    const found = fieldsOf({ spec: { known: 1, free: { inner: 1 } } }, struct({ spec: open }));
    expect(paths(found)).toEqual(['.spec.free', '.spec.known', '.spec.free.inner']);
  });
});

describe('what is different between two versions', () => {
  const changed = (before: object | undefined, after: object | undefined) => {
    const { written, removed } = compareFields(before, after, THING);
    return { written: paths(written), removed: paths(removed) };
  };
  const nothing = { written: [], removed: [] };

  test.each([
    ['nothing', { spec: { replicas: 1, items: [{ name: 'a' }] } }, { spec: { items: [{ name: 'a' }], replicas: 1 } }, {}],
    ['a value', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, { written: ['.spec.replicas'] }],
    [
      'a new map with its keys',
      { metadata: {} },
      { metadata: { labels: { a: '1' } } },
      { written: ['.metadata.labels', '.metadata.labels.a'] },
    ],
    [
      'a key that went',
      { metadata: { labels: { a: '1', b: '1' } } },
      { metadata: { labels: { a: '1' } } },
      { removed: ['.metadata.labels.b'] },
    ],
    ['an embedded struct is always there', {}, { spec: { strategy: { type: 'x' } } }, { written: ['.spec.strategy.type'] }],
    ['and setting it to nothing is no change', { spec: {} }, { spec: { strategy: {} } }, {}],
    [
      'an item that moved is the same',
      { spec: { items: [{ name: 'a' }, { name: 'b' }] } },
      { spec: { items: [{ name: 'b' }, { name: 'a' }] } },
      {},
    ],
    [
      'a field of an item',
      { spec: { items: [{ name: 'a', image: '1' }] } },
      { spec: { items: [{ name: 'a', image: '2' }] } },
      { written: ['.spec.items[name="a"].image'] },
    ],
    ['an atomic list as a whole', { spec: { args: ['a'] } }, { spec: { args: ['a', 'b'] } }, { written: ['.spec.args'] }],
    ['an empty map is not null', { metadata: { labels: {} } }, { metadata: { labels: null } }, { written: ['.metadata.labels'] }],
    [
      'a free field that turns into another type',
      { spec: { extra: { a: { b: 1 } } } },
      { spec: { extra: { a: 5 } } },
      { written: ['.spec.extra.a'], removed: ['.spec.extra.a.b'] },
    ],
    [
      'and one that turns into a map',
      { spec: { extra: { a: 5 } } },
      { spec: { extra: { a: { b: 1 } } } },
      { written: ['.spec.extra.a', '.spec.extra.a.b'] },
    ],
    [
      'a field with another value beside a new one',
      { spec: { replicas: 1, items: [{ name: 'a', image: '1' }] } },
      { spec: { replicas: 2, items: [{ name: 'a', image: '1' }, { name: 'b' }] } },
      { written: ['.spec.replicas', '.spec.items[name="b"]', '.spec.items[name="b"].name'] },
    ],
    [
      'an item that stands twice is one leaf',
      { spec: { items: [] } },
      { spec: { items: [{ name: 'a' }, { name: 'a' }] } },
      { written: ['.spec.items[name="a"]'] },
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changed(before, after)).toEqual({ ...nothing, ...expected });
  });
});
