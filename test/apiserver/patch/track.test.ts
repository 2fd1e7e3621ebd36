import { describe, expect, test } from 'vitest';
import {
  fieldSet,
  formatPaths,
  sameIgnoringManagedFieldsTime,
  trackUpdate,
  type ManagedFields,
  type Update,
} from '../../../src/apiserver/patch/index.ts';
import { deepFreeze } from '../../../src/base/index.ts';
import type { Manifest } from '../../../src/model/index.ts';
import { THING } from './shapes.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString().replace('.000', '');

function thing(parts: object = {}, metadata: object = {}): Manifest {
  return deepFreeze({ apiVersion: 'x/v1', kind: 'Thing', metadata: { name: 'a', ...metadata }, ...parts }) as Manifest;
}

function track(before: Manifest | undefined, after: Manifest, by: Partial<Update> = {}): ManagedFields | undefined {
  return trackUpdate({ before, after, manager: 'm', apiVersion: 'x/v1', now: at(0), shape: THING, ...by });
}

/** The next version with its owners, as a server keeps it. */
function write(before: Manifest | undefined, parts: object, by: Partial<Update> = {}): Manifest {
  const after = thing(parts);
  return deepFreeze({ ...after, metadata: { ...after.metadata, managedFields: track(before, after, by) } }) as Manifest;
}

const owners = (fields: ManagedFields | undefined) =>
  (fields ?? []).map(({ manager, subresource, time, fieldsV1 }) =>
    [subresource ? `${manager}/${subresource}` : manager, time, ...formatPaths(fieldsV1)].join(' '),
  );

describe('who owns what after a write', () => {
  test('the creator owns all that it set, but not what only the server sets', () => {
    const made = track(
      undefined,
      thing(
        { spec: { replicas: 1 } },
        { namespace: 'n', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: at(0), labels: { a: '1' } },
      ),
    );
    expect(owners(made)).toEqual([`m ${at(0)} .metadata.labels .metadata.labels.a .spec.replicas`]);
  });

  test('what another writer changes is the other writer’s, and only that', () => {
    const made = write(undefined, { spec: { replicas: 1, args: ['a'] } });
    const changed = write(made, { spec: { replicas: 2, args: ['a'] } }, { manager: 'n', now: at(5) });
    expect(owners(changed.metadata.managedFields)).toEqual([`m ${at(0)} .spec.args`, `n ${at(5)} .spec.replicas`]);
  });

  test('what is gone is nobody’s, and an owner of nothing is none', () => {
    const made = write(undefined, { spec: { replicas: 1 } });
    const changed = write(made, { spec: { args: [] } }, { manager: 'n' });
    expect(owners(changed.metadata.managedFields)).toEqual([`n ${at(0)} .spec.args`]);
  });

  test('an item of a list changes hands field by field', () => {
    const made = write(undefined, { spec: { items: [{ name: 'a', image: '1' }] } });
    const changed = write(made, { spec: { items: [{ name: 'a', image: '2' }] } }, { manager: 'n' });
    expect(owners(changed.metadata.managedFields)).toEqual([
      `m ${at(0)} .spec.items .spec.items[name="a"] .spec.items[name="a"].name`,
      `n ${at(0)} .spec.items[name="a"].image`,
    ]);
  });

  test('the same manager through a subresource, or with another version, is another owner', () => {
    const made = write(undefined, { spec: { replicas: 1 } });
    const ready = write(made, { spec: { replicas: 1 }, status: { ready: 1 } }, { subresource: 'status' });
    const changed = write(ready, { spec: { replicas: 1, args: [] }, status: { ready: 1 } }, { apiVersion: 'x/v2' });
    expect(owners(changed.metadata.managedFields)).toEqual([
      `m ${at(0)} .spec.replicas`,
      `m/status ${at(0)} .status.ready`,
      `m ${at(0)} .spec.args`,
    ]);
  });

  test('what is ignored is taken by nobody', () => {
    const made = track(undefined, thing({ spec: { replicas: 1 }, status: { ready: 1 } }), { ignore: fieldSet([['status']]) });
    expect(owners(made)).toEqual([`m ${at(0)} .spec.replicas`]);
  });

  test('a writer without a name is unknown', () => {
    expect(owners(track(undefined, thing({ spec: { replicas: 1 } }), { manager: '' }))).toEqual([`unknown ${at(0)} .spec.replicas`]);
  });
});

describe('the time of an entry', () => {
  const made = write(undefined, { spec: { replicas: 1, args: ['a'] } });

  test('moves when its manager takes a field', () => {
    const changed = write(made, { spec: { replicas: 2, args: ['a'] } }, { now: at(9) });
    expect(owners(changed.metadata.managedFields)).toEqual([`m ${at(9)} .spec.args .spec.replicas`]);
  });

  test('stays when its manager only removes, or others write', () => {
    expect(owners(track(made, thing({ spec: { replicas: 1 } }), { now: at(9) }))).toEqual([`m ${at(0)} .spec.replicas`]);
    expect(owners(track(made, thing({ spec: { replicas: 2, args: ['a'] } }), { manager: 'n', now: at(9) }))[0]).toBe(
      `m ${at(0)} .spec.args`,
    );
  });

  test('a write that changes nothing gives the very managedFields of before', () => {
    expect(track(made, thing({ spec: { args: ['a'], replicas: 1 } }), { manager: 'n', now: at(9) })).toBe(made.metadata.managedFields);
  });
});

describe('managedFields that a write brings along', () => {
  const made = write(undefined, { spec: { replicas: 1 } });
  const brought = (managedFields: unknown) => thing({ spec: { replicas: 2 } }, { managedFields });

  test('count, so that they can be changed on purpose', () => {
    const renamed = [{ ...made.metadata.managedFields![0]!, manager: 'renamed' }];
    expect(owners(track(made, thing({ spec: { replicas: 1 } }, { managedFields: renamed })))).toEqual([`renamed ${at(0)} .spec.replicas`]);
  });

  test('do not count when they are empty, or cannot be read, or come through a subresource', () => {
    const bad = [{ manager: 'x', operation: 'Update', apiVersion: 'x/v1', fieldsType: 'FieldsV1', fieldsV1: { 'q:x': {} } }];
    for (const managedFields of [[], bad, undefined]) {
      expect(owners(track(made, brought(managedFields), { manager: 'n' }))).toEqual([`n ${at(0)} .spec.replicas`]);
    }
    const renamed = [{ ...made.metadata.managedFields![0]!, manager: 'renamed' }];
    expect(owners(track(made, thing({ spec: { replicas: 1 } }, { managedFields: renamed }), { subresource: 'status' }))).toEqual([
      `m ${at(0)} .spec.replicas`,
    ]);
  });

  test('one empty entry gives them up, and from then on nothing is tracked', () => {
    expect(track(made, brought([{}]))).toBeUndefined();
    expect(track(thing({ spec: { replicas: 1 } }), thing({ spec: { replicas: 2 } }))).toBeUndefined();
  });
});

describe('many writers', () => {
  const turns = Array.from({ length: 13 }, (_, i) => i);
  const last = turns.reduce<Manifest | undefined>(
    (before, i) =>
      write(
        before,
        { spec: { extra: { ...(before?.['spec'] as { extra?: object })?.extra, [`f${i}`]: i } } },
        { manager: `m${i}`, now: at(i) },
      ),
    undefined,
  )!;

  test('the oldest are folded into one beyond the tenth', () => {
    const entries = last.metadata.managedFields!;
    expect(entries.map(({ manager }) => manager)).toEqual(['ancient-changes', ...turns.slice(4).map((i) => `m${i}`)]);
    expect(owners(entries)[0]).toBe(`ancient-changes ${at(3)} .spec.extra .spec.extra.f0 .spec.extra.f1 .spec.extra.f2 .spec.extra.f3`);
  });
});

describe('memory', () => {
  test('writers that write the same fields share one frozen object', () => {
    const one = track(undefined, thing({ spec: { replicas: 1, items: [{ name: 'a', image: 'x' }] } }))!;
    const other = track(undefined, thing({ spec: { items: [{ image: 'y', name: 'a' }], replicas: 5 } }), { manager: 'n' })!;
    expect(other[0]!.fieldsV1).toBe(one[0]!.fieldsV1);
    expect(Object.isFrozen(one[0]!.fieldsV1)).toBe(true);
  });

  test('it is right beyond what it remembers', () => {
    const sets = Array.from({ length: 4_000 }, (_, i) => track(undefined, thing({ spec: { items: [{ name: `n${i}` }] } }))!);
    const again = track(undefined, thing({ spec: { items: [{ name: 'n0' }] } }))!;
    expect(again).toEqual(sets[0]);
    const made = { ...thing({ spec: { items: [{ name: 'n0' }] } }), metadata: { name: 'a', managedFields: sets[0] } } as Manifest;
    expect(track(made, thing({ spec: {} }))).toBeUndefined();
  });
});

describe('whether two versions say the same', () => {
  const made = write(undefined, { spec: { replicas: 1 } });
  const [entry] = made.metadata.managedFields!;
  const withEntry = (change: object) => ({ ...made, metadata: { ...made.metadata, managedFields: [{ ...entry!, ...change }] } });

  test('when an entry was written does not count', () => {
    expect(sameIgnoringManagedFieldsTime(made, withEntry({ time: at(77) }))).toBe(true);
  });

  test('what it says counts, and so does the object', () => {
    expect(sameIgnoringManagedFieldsTime(made, withEntry({ manager: 'n' }))).toBe(false);
    expect(sameIgnoringManagedFieldsTime(made, { ...made, metadata: { ...made.metadata, managedFields: [] } })).toBe(false);
    expect(sameIgnoringManagedFieldsTime(made, { ...made, spec: { replicas: 2 } })).toBe(false);
  });
});
