import { describe, expect, test } from 'vitest';
import { strategicMergePatch } from '../../../src/apiserver/patch/index.ts';
import { deepFreeze } from '../../../src/base/index.ts';
import { THING } from './shapes.ts';

interface Case {
  readonly name: string;
  readonly object?: object;
  readonly patch: object;
  readonly result: object;
}

const items = (...names: string[]) => ({ spec: { items: names.map((name) => ({ name, image: name })) } });
const a = { name: 'a', image: 'a' };
const b = { name: 'b', image: 'b' };

const CASES: readonly Case[] = [
  {
    name: 'a map is merged',
    object: { spec: { replicas: 1, args: ['x'] } },
    patch: { spec: { replicas: 2 } },
    result: { spec: { replicas: 2, args: ['x'] } },
  },
  {
    name: 'null removes',
    object: { spec: { replicas: 1, args: [] } },
    patch: { spec: { replicas: null } },
    result: { spec: { args: [] } },
  },
  {
    name: 'null of what is not there is nothing',
    object: { spec: {} },
    patch: { spec: { replicas: null }, status: { ready: null } },
    result: { spec: {}, status: {} },
  },
  {
    name: 'a list without a merge key is replaced',
    object: { spec: { args: ['x', 'y'] } },
    patch: { spec: { args: ['z'] } },
    result: { spec: { args: ['z'] } },
  },
  {
    name: 'items with the same name are merged',
    object: items('a', 'b'),
    patch: { spec: { items: [{ name: 'b', args: ['1'] }] } },
    result: { spec: { items: [a, { ...b, args: ['1'] }] } },
  },
  { name: 'a new item comes before those that the patch does not name', object: items('a'), patch: items('b'), result: items('b', 'a') },
  {
    name: 'items take the order of the patch, and others stay before what they stood before',
    object: items('a', 'b', 'c'),
    patch: { spec: { items: [{ name: 'c' }, { name: 'a' }] } },
    result: items('b', 'c', 'a'),
  },
  {
    name: 'a list of plain values with a merge strategy is a set',
    object: { metadata: { finalizers: ['x'] } },
    patch: { metadata: { finalizers: ['y', 'x'] } },
    result: { metadata: { finalizers: ['y', 'x'] } },
  },
  {
    name: '$patch delete takes an item away',
    object: items('a', 'b'),
    patch: { spec: { items: [{ name: 'a', $patch: 'delete' }] } },
    result: items('b'),
  },
  {
    name: '$patch delete of an item that is not there is nothing',
    object: items('a'),
    patch: { spec: { items: [{ name: 'x', $patch: 'delete' }] } },
    result: items('a'),
  },
  {
    name: '$patch replace among items replaces them all',
    object: items('a', 'b'),
    patch: { spec: { items: [{ name: 'c', image: 'c' }, { $patch: 'replace' }] } },
    result: items('c'),
  },
  {
    name: '$patch replace of what is not there is nothing',
    object: items('a', 'b'),
    patch: { spec: { strategy: { $patch: 'replace', type: 'x' } } },
    result: items('a', 'b'),
  },
  {
    name: '$patch replace in a map replaces it',
    object: { metadata: { labels: { a: '1' } } },
    patch: { metadata: { labels: { $patch: 'replace', b: '2' } } },
    result: { metadata: { labels: { b: '2' } } },
  },
  {
    name: '$patch delete in a map empties it',
    object: { metadata: { labels: { a: '1' } } },
    patch: { metadata: { labels: { $patch: 'delete' } } },
    result: { metadata: { labels: {} } },
  },
  {
    name: '$retainKeys drops all other keys',
    object: { spec: { strategy: { type: 'Rolling', rolling: { surge: 1 } } } },
    patch: { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } },
    result: { spec: { strategy: { type: 'Recreate' } } },
  },
  {
    name: '$deleteFromPrimitiveList takes values out',
    object: { metadata: { finalizers: ['x', 'y', 'z'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['x', 'z'] } },
    result: { metadata: { finalizers: ['y'] } },
  },
  {
    name: '$deleteFromPrimitiveList with new values',
    object: { metadata: { finalizers: ['x', 'y'] } },
    patch: { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'], finalizers: ['w'] } },
    result: { metadata: { finalizers: ['w', 'y'] } },
  },
  {
    name: '$setElementOrder orders items',
    object: items('a', 'b', 'c'),
    patch: { spec: { '$setElementOrder/items': [{ name: 'c' }, { name: 'a' }, { name: 'b' }] } },
    result: items('c', 'a', 'b'),
  },
  {
    name: '$setElementOrder with a new item, others keep their place',
    object: items('a', 'b'),
    patch: { spec: { '$setElementOrder/items': [{ name: 'c' }, { name: 'b' }], items: [{ name: 'c', image: 'c' }] } },
    result: items('c', 'a', 'b'),
  },
  {
    name: '$setElementOrder orders plain values',
    object: { metadata: { finalizers: ['x', 'y'] } },
    patch: { metadata: { '$setElementOrder/finalizers': ['z', 'y', 'x'], finalizers: ['z'] } },
    result: { metadata: { finalizers: ['z', 'y', 'x'] } },
  },
  {
    name: '$setElementOrder of a list that is not there is nothing',
    object: { spec: {} },
    patch: { spec: { '$setElementOrder/items': [{ name: 'a' }] } },
    result: { spec: {} },
  },
  {
    name: 'directives leave no trace where nothing was',
    object: {},
    patch: {
      spec: {
        items: [
          { ...a, args: null },
          { name: 'x', $patch: 'delete' },
        ],
        strategy: { $retainKeys: ['type'], type: 'x' },
        extra: { $patch: 'delete' },
      },
    },
    result: { spec: { items: [a], strategy: { type: 'x' } } },
  },
  {
    name: 'without a schema lists are replaced',
    object: { spec: { extra: { list: [{ name: 'a' }] } } },
    patch: { spec: { extra: { list: [{ name: 'b' }] } } },
    result: { spec: { extra: { list: [{ name: 'b' }] } } },
  },
  {
    name: 'another type replaces',
    object: { spec: { extra: [1] } },
    patch: { spec: { extra: { a: 1, b: null } } },
    result: { spec: { extra: { a: 1 } } },
  },
];

describe('strategic merge patch', () => {
  test.each(CASES)('$name', ({ object, patch, result }) => {
    expect(strategicMergePatch(deepFreeze(object), deepFreeze(patch), THING)).toEqual(result);
  });

  test('without a shape it is a merge patch', () => {
    expect(strategicMergePatch({ a: [1], b: 1 }, { a: [2], b: null })).toEqual({ a: [2] });
  });
});

describe('a bad strategic merge patch is refused in the words of Kubernetes', () => {
  const REFUSED: readonly [patch: object, message: string][] = [
    [{ spec: { items: [{ image: 'x' }] } }, 'map: map[image:x] does not contain declared merge key: name'],
    [{ spec: { items: [{ $patch: 'delete' }] } }, 'map: map[$patch:delete] does not contain declared merge key: name'],
    [{ spec: { items: [{ name: 'a', $patch: 'merge' }] } }, 'merging lists cannot yet be specified in the patch'],
    [{ spec: { items: [{ name: 'a', $patch: 'burn' }] } }, 'unknown patch type: burn in map: map[$patch:burn name:a]'],
    [{ metadata: { labels: { $patch: 'burn' } } }, 'unknown patch type: burn in map: map[$patch:burn]'],
    [{ spec: { $retainKeys: ['items'], replicas: 2 } }, 'invalid patch format of retainKeys'],
    [{ spec: { $retainKeys: 'items' } }, 'invalid patch format of retainKeys'],
    [{ metadata: { $deleteFromPrimitiveList: ['x'] } }, 'invalid patch format of primitive list'],
    [{ spec: { $setElementOrder: [] } }, 'invalid patch format of setElementOrder list'],
    [
      { spec: { '$setElementOrder/items': [{ name: 'a' }], items: [{ name: 'b' }] } },
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
  ];

  test.each(REFUSED)('%j', (patch, message) => {
    expect(() => strategicMergePatch({ ...items('a'), metadata: { labels: {} } }, patch, THING)).toThrow(
      expect.objectContaining({ reason: 'BadRequest', message }),
    );
  });
});
