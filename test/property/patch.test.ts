import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyPatch,
  compareFields,
  difference,
  fieldSet,
  fieldsOf,
  intersection,
  NO_FIELDS,
  parseFields,
  strategicMergePatch,
  trackUpdate,
  union,
  type FieldSet,
} from '../../src/apiserver/patch/index.ts';
import { deepFreeze, equalJson, isRecord } from '../../src/base/index.ts';
import type { Manifest } from '../../src/model/index.ts';
import { THING } from '../apiserver/patch/shapes.ts';
import { configuration } from './configurations.ts';

const writer = { apiVersion: 'x/v1', now: '2026-01-01T00:00:00Z', shape: THING };
const RUNS = { numRuns: 300 };

/** Who takes the last thing out of one of these does not become the owner of what is left, which is empty. */
const MAYBE_EMPTY = fieldSet([
  ['spec', 'strategy'],
  ['spec', 'strategy', 'rolling'],
  ['spec', 'extra'],
  ['metadata', 'labels'],
]);

function apply(live: Manifest | undefined, applied: Manifest, manager = 'git', force = true): Manifest {
  const { object, managedFields } = applyPatch({ ...writer, live, applied, manager, force });
  return deepFreeze({ ...object, metadata: { ...object.metadata, managedFields } }) as Manifest;
}

function put(live: Manifest | undefined, after: Manifest, manager = 'edit'): Manifest {
  const managedFields = trackUpdate({ ...writer, before: live, after, manager });
  return deepFreeze({ ...after, metadata: { ...after.metadata, managedFields } }) as Manifest;
}

const bare = (object: Manifest): Manifest => ({ ...object, metadata: { ...object.metadata, managedFields: undefined } });

const ownedBy = (object: Manifest, manager: string): FieldSet =>
  parseFields(object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1 ?? NO_FIELDS)!;

const set = configuration.map((value) => fieldsOf(value, THING));

describe('sets of fields', () => {
  test('union and intersection do not ask for order', () => {
    fc.assert(
      fc.property(set, set, set, (a, b, c) => {
        expect(union(a, b)).toEqual(union(b, a));
        expect(union(union(a, b), c)).toEqual(union(a, union(b, c)));
        expect(intersection(a, b)).toEqual(intersection(b, a));
      }),
      RUNS,
    );
  });

  test('a set is what it shares with another and what it does not', () => {
    fc.assert(
      fc.property(set, set, (a, b) => {
        expect(union(difference(a, b), intersection(a, b))).toEqual(a);
        expect(intersection(difference(a, b), b)).toEqual(NO_FIELDS);
        expect(difference(union(a, b), b)).toEqual(difference(a, b));
      }),
      RUNS,
    );
  });

  test('FieldsV1 and back is the same set, in the same text', () => {
    fc.assert(
      fc.property(set, (fields) => {
        const text = JSON.stringify(fields);
        expect(JSON.stringify(parseFields(JSON.parse(text) as FieldSet))).toBe(text);
      }),
      RUNS,
    );
  });

  test('two versions differ exactly when their comparison finds something', () => {
    fc.assert(
      fc.property(configuration, configuration, (a, b) => {
        const { written, removed } = compareFields(a, b, THING);
        const back = compareFields(b, a, THING);
        expect(union(back.written, back.removed)).toEqual(union(written, removed));
        expect([difference(back.removed, written), difference(removed, back.written)]).toEqual([NO_FIELDS, NO_FIELDS]);
        if (equalJson(a, b)) expect([written, removed]).toEqual([NO_FIELDS, NO_FIELDS]);
      }),
      RUNS,
    );
  });
});

describe('apply', () => {
  test('what is applied already changes nothing', () => {
    fc.assert(
      fc.property(configuration, configuration, (before, applied) => {
        const live = apply(put(undefined, before), applied);
        const { object, managedFields } = applyPatch({
          ...writer,
          live,
          applied,
          manager: 'git',
          force: false,
          now: '2026-01-02T00:00:00Z',
        });
        expect({ ...object, metadata: { ...object.metadata, managedFields } }).toEqual(live);
      }),
      RUNS,
    );
  });

  test('another manager with the same values shares them all', () => {
    fc.assert(
      fc.property(configuration, (applied) => {
        const live = apply(undefined, applied);
        const shared = apply(live, applied, 'other', false);
        expect(bare(shared)).toEqual(bare(live));
        expect(ownedBy(shared, 'other')).toEqual(ownedBy(live, 'git'));
        expect(ownedBy(shared, 'git')).toEqual(ownedBy(live, 'git'));
      }),
      RUNS,
    );
  });

  test('what a manager owns depends on what it applied last, not on the way there', () => {
    fc.assert(
      fc.property(configuration, fc.array(fc.tuple(fc.boolean(), configuration), { maxLength: 3 }), (last, path) => {
        const way = path.reduce<Manifest | undefined>(
          (live, [applies, next]) => (applies ? apply(live, next) : put(live, next)),
          undefined,
        );
        expect(ownedBy(apply(way, last), 'git')).toEqual(ownedBy(apply(undefined, last), 'git'));
      }),
      RUNS,
    );
  });

  test('alone on an object, a manager makes what it applies, whatever it applied before', () => {
    fc.assert(
      fc.property(configuration, configuration, (first, last) => {
        const live = bare(apply(apply(undefined, first), last));
        const { written, removed } = compareFields(bare(apply(undefined, last)), live, THING);
        expect([difference(written, MAYBE_EMPTY), removed]).toEqual([NO_FIELDS, NO_FIELDS]);
      }),
      RUNS,
    );
  });

  test('what is set belongs to somebody', () => {
    fc.assert(
      fc.property(configuration, configuration, configuration, (a, b, c) => {
        const live = put(apply(apply(undefined, a), b, 'other'), c);
        const owned =
          live.metadata.managedFields?.reduce<FieldSet>((all, { fieldsV1 }) => union(all, parseFields(fieldsV1)!), NO_FIELDS) ?? NO_FIELDS;
        const applied = ownedBy(apply(undefined, c), 'git');
        expect(difference(applied, union(owned, MAYBE_EMPTY))).toEqual(NO_FIELDS);
      }),
      RUNS,
    );
  });
});

describe('strategic merge', () => {
  test('the patch between two versions makes one of the other, but for the order of lists', () => {
    fc.assert(
      fc.property(configuration, configuration, (before, after) => {
        const patched = strategicMergePatch(before, patchBetween(before, after), THING);
        const { written, removed } = compareFields(after, patched, THING);
        expect([written, removed]).toEqual([NO_FIELDS, NO_FIELDS]);
      }),
      RUNS,
    );
  });
});

/** A plain patch: null for what goes, `$patch: delete` for items, `$deleteFromPrimitiveList` for values. */
function patchBetween(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (after[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    const old = before[key];
    if (isRecord(value) && isRecord(old)) patch[key] = patchBetween(old, value);
    else if (Array.isArray(value) && Array.isArray(old) && key === 'finalizers') {
      patch[key] = value;
      patch[`$deleteFromPrimitiveList/${key}`] = old.filter((one) => !value.includes(one));
    } else if (Array.isArray(value) && Array.isArray(old) && MERGE_KEYS[key])
      patch[key] = itemPatches(old as Item[], value as Item[], MERGE_KEYS[key]);
    else patch[key] = value;
  }
  return patch;
}

type Item = Readonly<Record<string, unknown>>;

const MERGE_KEYS: Readonly<Record<string, string>> = { items: 'name', env: 'name', ports: 'port' };

function itemPatches(old: readonly Item[], items: readonly Item[], key: string): Item[] {
  const gone = old.filter((one) => !items.some((other) => other[key] === one[key])).map((one) => ({ [key]: one[key], $patch: 'delete' }));
  const kept = items.map((one) => {
    const before = old.find((other) => other[key] === one[key]);
    return before ? { ...patchBetween(before, one), [key]: one[key] } : one;
  });
  return [...gone, ...kept];
}
