import { describe, expect, test } from 'vitest';
import { claimedPath } from '../../src/kubelet/volumes/claims.ts';
import type { Sources } from '../../src/kubelet/environment/sources.ts';
import type { Container, PersistentVolume, PersistentVolumeClaim, Pod } from '../../src/model/index.ts';

const VOLUME = { name: 'v', persistentVolumeClaim: { claimName: 'data' } };

/** What a pod finds behind its claim. */
function found(container: Partial<Container>, mode: 'Block' | 'Filesystem', source: object) {
  const spec = { volumeName: 'pv', volumeMode: mode };
  const claim: PersistentVolumeClaim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec,
    status: { phase: 'Bound' },
  };
  const volume: PersistentVolume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'pv' }, spec: { ...source } };
  const sources = { claim: () => claim, volume: () => volume } as Partial<Sources> as Sources;
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { containers: [{ name: 'c', ...container }], volumes: [VOLUME] },
  };
  const { from: _, ...rest } = claimedPath('data', VOLUME, pod, sources);
  return rest;
}

describe('behind a claim', () => {
  const mount = { volumeMounts: [{ name: 'v', mountPath: '/data' }] };
  const device = { volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] };
  const hostPath = { path: '/place' };
  test.each<[what: string, found: object, expected: object]>([
    ['is a directory', found(mount, 'Filesystem', { hostPath }), { path: '/place', readOnly: false }],
    ['is no block device', found(device, 'Filesystem', { hostPath }), { missing: 'volume v has volumeMode Filesystem, but is specified in volumeDevices' }],
    ['is a block device and no directory', found(mount, 'Block', { hostPath }), { missing: 'volume v has volumeMode Block, but is specified in volumeMounts' }],
    ['is a block device, which our nodes do not have', found(device, 'Block', { hostPath }), { unknown: 'error processing PVC default/data: volume pv is a block device, which this node does not have' }],
    ['is a disk of a driver that our nodes do not know', found(mount, 'Filesystem', { csi: {} }), { unknown: 'error processing PVC default/data: volume pv is of no kind that this node can mount: use hostPath or local' }],
  ])('%s', (_, path, expected) => expect(path).toEqual(expected)); // prettier-ignore
});
