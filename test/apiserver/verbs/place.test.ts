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
const NOTHING = [undefined, null, '', [], {}];

test("metadata is in Kubernetes' order however it came, without what is empty, and says its revision", () => {
  const shuffled = fc.shuffledSubarray(NAMES);
  const emptied = fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom(...NOTHING), { maxKeys: 2 });
  fc.assert(
    fc.property(shuffled, emptied, (names, empty) => {
      const metadata = { ...Object.fromEntries(names.map((name) => [name, MEMBERS[name]])), ...empty };
      const first = stampRevision({ kind: 'Pod', metadata }, 7) as { metadata: object };
      const there = (name: keyof typeof MEMBERS) => name === 'resourceVersion' || (names.includes(name) && !(name in empty));
      const wanted = NAMES.filter(there).map((name) => [name, name === 'resourceVersion' ? '7' : MEMBERS[name]]);
      expect(Object.entries(first.metadata)).toEqual(wanted);
      const next = stampRevision(first, 8) as { metadata: object };
      expect(Object.entries(next.metadata)).toEqual(wanted.map(([name, value]) => [name, name === 'resourceVersion' ? '8' : value]));
      expect(first.metadata).toHaveProperty('resourceVersion', '7');
    }),
  );
});
