import { describe, expect, test } from 'vitest';
import { applyPatch, formatPaths, trackUpdate, type Apply, type ManagedFields } from '../../../src/apiserver/patch/index.ts';
import { deepFreeze } from '../../../src/base/index.ts';
import type { Manifest } from '../../../src/model/index.ts';
import { refusalOf } from './oracle.ts';
import { THING } from './shapes.ts';

const T0 = '2026-01-01T00:00:00Z';
const T1 = '2026-01-01T00:00:09Z';

function thing(parts: object = {}, metadata: object = {}): Manifest {
  return deepFreeze({ apiVersion: 'x/v1', kind: 'Thing', metadata: { name: 'a', ...metadata }, ...parts }) as Manifest;
}

const writer = { manager: 'git', apiVersion: 'x/v1', now: T0, shape: THING } as const;

function apply(live: Manifest | undefined, parts: object, by: Partial<Apply> = {}): Manifest {
  const { object, managedFields } = applyPatch({ ...writer, live, applied: thing(parts), force: false, ...by });
  return deepFreeze({ ...object, metadata: { ...object.metadata, managedFields } }) as Manifest;
}

function update(live: Manifest, parts: object, manager: string): Manifest {
  const after = thing(parts);
  return thing(parts, { managedFields: trackUpdate({ ...writer, before: live, after, manager }) });
}

const owners = (object: Manifest) =>
  (object.metadata.managedFields ?? ([] as ManagedFields)).map(({ manager, fieldsV1 }) => [manager, ...formatPaths(fieldsV1)].join(' '));
const specOf = (object: Manifest) => object['spec'];
const items = (...names: string[]) => ({ spec: { items: names.map((name) => ({ name })) } });
const names = (object: Manifest) => (specOf(object) as { items: { name: string }[] }).items.map(({ name }) => name).join(' ');

describe('what an apply makes of the object', () => {
  test('what the configuration names is set, all else stays', () => {
    const live = apply(undefined, { spec: { replicas: 1, args: ['a'] } });
    expect(specOf(apply(live, { spec: { replicas: 2, args: ['a'], strategy: { type: 'x' } } }))).toEqual({
      replicas: 2,
      args: ['a'],
      strategy: { type: 'x' },
    });
    expect(specOf(apply(live, { spec: { extra: 1 } }, { manager: 'other' }))).toEqual({ replicas: 1, args: ['a'], extra: 1 });
  });

  test('what only this manager owned and applies no more is removed', () => {
    const live = apply(undefined, { spec: { replicas: 1, args: ['a'] }, metadata: { name: 'a', labels: { x: '1' } } });
    expect(apply(live, { spec: { args: ['a'] } })).toMatchObject({ spec: { args: ['a'] }, metadata: { name: 'a' } });
    expect(specOf(apply(live, { spec: { args: ['a'] } }))).not.toHaveProperty('replicas');
    expect(apply(live, { spec: { args: ['a'] } }).metadata).not.toHaveProperty('labels');
  });

  test('but stays while another owns it', () => {
    const one = apply(undefined, { spec: { replicas: 1, args: ['a'] } });
    const both = apply(one, { spec: { replicas: 1 } }, { manager: 'other' });
    const left = apply(both, { spec: { args: ['a'] } });
    expect(specOf(left)).toEqual({ replicas: 1, args: ['a'] });
    expect(owners(left).toSorted()).toEqual(['git .spec.args', 'other .spec.replicas']);
  });

  test('an item goes with its manager, even with fields of others in it', () => {
    const live = apply(undefined, { spec: { items: [{ name: 'a' }, { name: 'b' }] } });
    const touched = update(live, { spec: { items: [{ name: 'a', image: 'x' }, { name: 'b' }] } }, 'other');
    expect(specOf(apply(touched, items('b')))).toEqual({ items: [{ name: 'b' }] });
  });

  test('an item that another applies too keeps what the other applied', () => {
    const one = apply(undefined, { spec: { items: [{ name: 'a', image: 'x' }] } });
    const both = apply(one, { spec: { items: [{ name: 'a', args: ['1'] }] } }, { manager: 'other' });
    expect(specOf(apply(both, { spec: {} }))).toEqual({ items: [{ name: 'a', args: ['1'] }] });
  });

  test('items are matched by their keys and the defaults of these', () => {
    const live = apply(
      undefined,
      {
        spec: {
          ports: [
            { port: 53, protocol: 'TCP' },
            { port: 53, protocol: 'UDP', target: 2 },
          ],
        },
      },
      { manager: 'other' },
    );
    const changed = apply(live, { spec: { ports: [{ port: 53, target: 3 }] } });
    expect(specOf(changed)).toEqual({
      ports: [
        { port: 53, protocol: 'TCP', target: 3 },
        { port: 53, protocol: 'UDP', target: 2 },
      ],
    });
    expect(owners(changed)[0]).toBe(
      'git .spec.ports[port=53,protocol="TCP"] .spec.ports[port=53,protocol="TCP"].port .spec.ports[port=53,protocol="TCP"].target',
    );
  });

  test.each([
    ['a b c', 'c a', 'b c a'],
    ['a b', 'c a b', 'c a b'],
    ['a b', 'x', 'a b x'],
    ['a b c', 'b', 'a b c'],
    ['', 'b a', 'b a'],
    ['a b c d', 'd b', 'a c d b'],
  ])('items %j with %j applied come as %j', (live, applied, expected) => {
    const list = (text: string) => items(...text.split(' ').filter(Boolean));
    const there = apply(undefined, list(live), { manager: 'other' });
    expect(names(apply(there, list(applied)))).toBe(expected);
  });

  test('nothing that did not change is copied', () => {
    const live = apply(undefined, { spec: { replicas: 1, items: [{ name: 'a' }] }, metadata: { name: 'a', labels: { x: '1' } } });
    const { object } = applyPatch({
      ...writer,
      live,
      applied: thing({ spec: { replicas: 2, items: [{ name: 'a' }] }, metadata: { name: 'a', labels: { x: '1' } } }),
      force: false,
    });
    expect((object['spec'] as { items: unknown }).items).toBe((live['spec'] as { items: unknown }).items);
    expect(object.metadata.labels).toBe(live.metadata.labels);
  });

  test('a null and an empty list are owned and left out', () => {
    const live = apply(undefined, { spec: { replicas: null, args: [], extra: 1 } });
    expect(specOf(live)).toEqual({ extra: 1 });
    expect(owners(live)).toEqual(['git .spec.args .spec.extra .spec.replicas']);
  });

  test('a struct that loses what was in it stays, empty; a map goes', () => {
    const live = apply(undefined, { spec: { strategy: { rolling: { surge: 1 } } }, metadata: { name: 'a', labels: { x: '1' } } });
    const emptied = apply(live, { spec: { strategy: { rolling: {} } }, metadata: { name: 'a', labels: {} } });
    expect(specOf(emptied)).toEqual({ strategy: { rolling: {} } });
    expect(emptied.metadata).not.toHaveProperty('labels');
  });
});

describe('who owns what after an apply', () => {
  test('equal values are shared', () => {
    const one = apply(undefined, { spec: { replicas: 1 } });
    expect(owners(apply(one, { spec: { replicas: 1 } }, { manager: 'other' }))).toEqual(['other .spec.replicas', 'git .spec.replicas']);
  });

  test('an apply that changes nothing has the time of before; the first one that changes nothing has none', () => {
    const one = apply(undefined, { spec: { replicas: 1 } });
    expect(apply(one, { spec: { replicas: 1 } }, { now: T1 }).metadata.managedFields).toEqual(one.metadata.managedFields);
    expect(apply(one, { spec: { replicas: 1 } }, { now: T1, manager: 'other' }).metadata.managedFields![0]).not.toHaveProperty('time');
  });

  test('an applier is one owner whatever version it applies', () => {
    const one = apply(undefined, { spec: { replicas: 1 } });
    const two = apply(one, { spec: { replicas: 1, args: ['x'] } }, { apiVersion: 'x/v2', now: T1 });
    expect(two.metadata.managedFields).toMatchObject([{ manager: 'git', operation: 'Apply', apiVersion: 'x/v2', time: T1 }]);
  });

  test('one that owns nothing any more has no entry', () => {
    expect(apply(apply(undefined, { spec: { replicas: 1 } }), {}).metadata.managedFields).toBeUndefined();
  });

  test('all that was there before the first apply belongs to before-first-apply', () => {
    const untracked = thing({ spec: { replicas: 1, args: [] } });
    const tracked = apply(untracked, { spec: { replicas: 1, extra: 1 } });
    expect(owners(tracked)).toEqual(['git .spec.extra .spec.replicas', 'before-first-apply .spec.args .spec.replicas']);
    expect(refusalOf(() => apply(untracked, { spec: { replicas: 2 } }))).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "before-first-apply" using x/v1: .spec.replicas',
    });
  });
});

describe('refusals', () => {
  const live = update(
    apply(undefined, { spec: { replicas: 1, args: ['a'], items: [{ name: 'a', image: '1' }] } }),
    { spec: { replicas: 1, args: ['b'], items: [{ name: 'a', image: '2' }] } },
    'kubectl-edit',
  );

  test('every field that another owns is a cause, manager by manager', () => {
    const wanted = { spec: { replicas: 9, args: ['c'], items: [{ name: 'a', image: '3' }] } };
    expect(refusalOf(() => apply(live, wanted, { manager: 'third' }))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code: 409,
      reason: 'Conflict',
      message: [
        'Apply failed with 3 conflicts: conflicts with "git":',
        '- .spec.replicas',
        'conflicts with "kubectl-edit" using x/v1:',
        '- .spec.args',
        '- .spec.items[name="a"].image',
      ].join('\n'),
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "git"', field: '.spec.replicas' },
          { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using x/v1', field: '.spec.args' },
          { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using x/v1', field: '.spec.items[name="a"].image' },
        ],
      },
    });
  });

  test('a manager conflicts with what it wrote itself by other means, and through a subresource', () => {
    const scaled = thing(
      { spec: { replicas: 4 } },
      {
        managedFields: trackUpdate({ ...writer, before: live, after: thing({ spec: { replicas: 4 } }), subresource: 'scale' }),
      },
    );
    expect(refusalOf(() => apply(scaled, { spec: { replicas: 1 } }))).toMatchObject({
      message: 'Apply failed with 1 conflict: conflict with "git" with subresource "scale" using x/v1: .spec.replicas',
    });
  });

  test('force takes the fields', () => {
    const forced = apply(live, { spec: { replicas: 1, args: ['c'] } }, { manager: 'third', force: true });
    expect(specOf(forced)).toMatchObject({ args: ['c'] });
    expect(owners(forced)).toContain('kubectl-edit .spec.items[name="a"].image');
  });

  test.each([
    ['managedFields', thing({}, { managedFields: [] }), 'metadata.managedFields must be nil'],
    [
      'an item twice',
      thing(items('a', 'a')),
      'failed to create typed patch object (/a; x/v1, Kind=Thing): .spec.items: duplicate entries for key [name="a"]',
    ],
    [
      'items without a name',
      thing({ spec: { items: [{ image: 'x' }, null] } }, { namespace: 'n' }),
      [
        'failed to create typed patch object (n/a; x/v1, Kind=Thing): errors:',
        '  .spec.items: element 0: associative list with keys has an element that omits key field "name" (and doesn\'t have default value)',
        '  .spec.items: element 1: associative list with keys may not have a null element',
      ].join('\n'),
    ],
  ])('%s', (_, applied, message) => {
    expect(refusalOf(() => applyPatch({ ...writer, live: undefined, applied, force: false }))).toMatchObject({
      reason: 'BadRequest',
      message,
    });
  });
});
