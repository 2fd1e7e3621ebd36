import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stampRevision } from '../../../src/apiserver/verbs/place.ts';

const MEMBERS = {
  name: 'web',
  generateName: 'w',
  namespace: 'default',
  uid: 'u',
  resourceVersion: '3',
  generation: 2,
  creationTimestamp: '2026-01-01T00:00:00Z',
  deletionTimestamp: '2026-01-02T00:00:00Z',
  deletionGracePeriodSeconds: 30,
  labels: { a: 'b' },
  annotations: { c: 'd' },
  ownerReferences: [{ uid: 'o' }],
  finalizers: ['f'],
  managedFields: [{ manager: 'm' }],
};
const NAMES = Object.keys(MEMBERS) as (keyof typeof MEMBERS)[];

/** What Go leaves out of a member of this type. */
function emptyLike(member: unknown): unknown[] {
  if (typeof member === 'number') return [undefined, null];
  return [undefined, null, typeof member === 'string' ? '' : Array.isArray(member) ? [] : {}];
}

/** The members as they are written out: one without a value is none. */
const written = (metadata: object) => Object.entries(JSON.parse(JSON.stringify(metadata)) as object);

test("metadata is in Kubernetes' order however it came, without what is empty, and says its revision", () => {
  const shuffled = fc.shuffledSubarray(NAMES);
  const emptied = fc
    .subarray(
      NAMES.filter((name) => name !== 'name'),
      { maxLength: 2 },
    )
    .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...emptyLike(MEMBERS[name]))]))));
  fc.assert(
    fc.property(shuffled, emptied, (names, empty) => {
      const metadata = { ...Object.fromEntries(names.map((name) => [name, MEMBERS[name]])), ...empty };
      const first = stampRevision({ kind: 'Pod', metadata }, 7) as { metadata: object };
      const there = (name: keyof typeof MEMBERS) => name === 'resourceVersion' || (names.includes(name) && !(name in empty));
      const wanted = NAMES.filter(there).map((name) => [name, name === 'resourceVersion' ? '7' : MEMBERS[name]]);
      expect(written(first.metadata)).toEqual(wanted);
      const next = stampRevision(first, 8) as { metadata: object };
      expect(written(next.metadata)).toEqual(wanted.map(([name, value]) => [name, name === 'resourceVersion' ? '8' : value]));
      expect(first.metadata).toHaveProperty('resourceVersion', '7');
    }),
  );
});
