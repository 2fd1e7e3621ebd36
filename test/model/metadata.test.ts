import { expect, test } from 'vitest';
import { formatPath, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';

/** What a new object of that kind is told: `field: message`. */
function problemsOf(metadata: object, apiVersion = 'v1', kind = 'ConfigMap'): string[] {
  const object = { apiVersion, kind, metadata: { name: 'x', namespace: 'default', ...metadata } } as unknown as Manifest;
  const found = registry.byApiVersion(apiVersion, kind)!;
  return found
    .validate(object)
    .map(({ path, message }) => `${formatPath(path)}: ${message}`)
    .filter((problem) => problem.startsWith('metadata.'));
}

const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd', uid: 'u' };
const SHOWN = JSON.stringify(owner);

test.each<[name: string, metadata: object, expected: string[]]>([
  ['an owner is named in full', { ownerReferences: [owner] }, []],
  [
    'an owner of which nothing is known',
    { ownerReferences: [{}] },
    [
      'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
      'metadata.ownerReferences.kind: Invalid value: "": must not be empty',
      'metadata.ownerReferences.name: Invalid value: "": must not be empty',
      'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
    ],
  ],
  [
    'an owner of a group without a version',
    { ownerReferences: [{ ...owner, apiVersion: 'apps/' }] },
    ['metadata.ownerReferences.apiVersion: Invalid value: "apps/": version must not be empty'],
  ],
  [
    'an owner of too many groups',
    { ownerReferences: [{ ...owner, apiVersion: 'a/b/c' }] },
    ['metadata.ownerReferences.apiVersion: Invalid value: "a/b/c": version must not be empty'],
  ],
  [
    'an event owns nothing',
    { ownerReferences: [{ uid: 'u', name: 'd', kind: 'Event', apiVersion: 'v1' }] },
    ['metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"d","uid":"u"}: /v1, Kind=Event is disallowed from being an owner'],
  ],
  ['many may own, one controls', { ownerReferences: [owner, { ...owner, uid: 'v', controller: true }] }, []],
  [
    'two do not',
    { ownerReferences: [{ ...owner, controller: true }, owner, { ...owner, name: 'e', controller: true }] },
    [
      `metadata.ownerReferences: Invalid value: [${SHOWN.replace('}', ',"controller":true}')},${SHOWN},${SHOWN.replace('"d"', '"e"').replace('}', ',"controller":true}')}]: ` +
        'Only one reference can have Controller set to true. Found "true" in references for Deployment/d and Deployment/e',
    ],
  ],
  ['finalizers with a domain, and Kubernetes’ own', { finalizers: ['a.io/b', 'kubernetes', 'orphan'] }, []],
  [
    'a finalizer of nobody',
    { finalizers: ['a.io/b', 'mine'] },
    ['metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
  ],
  [
    'finalizers that exclude each other',
    { finalizers: ['foregroundDeletion', 'orphan'] },
    ['metadata.finalizers: Invalid value: ["foregroundDeletion","orphan"]: finalizer orphan and foregroundDeletion cannot be both set'],
  ],
  ['annotations of 256 KiB', { annotations: { a: 'x'.repeat(256 * 1024 - 1) } }, []],
  ['more of them', { annotations: { a: 'x'.repeat(256 * 1024) } }, ['metadata.annotations: Too long: may not be more than 262144 bytes']],
])('%s', (_, metadata, expected) => {
  expect(problemsOf(metadata)).toEqual(expected);
}); // prettier-ignore

test.each([
  ['slipway.dev/v1', 'Application'],
  ['coordination.k8s.io/v1', 'Lease'],
  ['v1', 'Event'],
])('a finalizer of %s %s needs no domain', (apiVersion, kind) => {
  expect(problemsOf({ finalizers: ['mine'] }, apiVersion, kind)).toEqual([]);
});
