import { describe, expect, test } from 'vitest';
import { decideClaim, type ClaimState } from '../../src/controllers/volumes/claim.ts';
import { chooseVolume } from '../../src/controllers/volumes/index.ts';
import { decideVolume, type VolumeFate } from '../../src/controllers/volumes/volume.ts';
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../src/model/index.ts';

function claim(spec: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim {
  const resources = { requests: { storage: '2Gi' } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default', uid: 'c' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'made', resources, ...spec },
  };
}

function volume(name: string, storage: string, spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], storageClassName: 'made', ...spec },
  };
}

const storageClass = (provisioner: string, volumeBindingMode: StorageClass['volumeBindingMode']): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'made' },
  provisioner,
  volumeBindingMode,
});
const decide = (state: Partial<ClaimState>) =>
  decideClaim({ claim: claim(), volumes: [], storageClass: undefined, consumer: undefined, unscheduled: [], nodes: [], ...state });

describe('a claim takes', () => {
  const reserved = { claimRef: { name: 'data', namespace: 'default' } };
  const annotations = { 'volume.beta.kubernetes.io/storage-class': 'old' };
  const old = (name: string, storage: string) => ({ ...volume(name, storage), metadata: { name, annotations } });
  const oldClaim = { ...claim(), metadata: { ...claim().metadata, annotations } };
  test.each<[string, readonly PersistentVolume[], string | undefined, PersistentVolumeClaim?]>([
    ['the smallest volume that is enough', [volume('large', '9Gi'), volume('small', '1Gi'), volume('fit', '3Gi')], 'fit'],
    ['one that was reserved for it, before any other', [volume('fit', '2Gi'), volume('mine', '3Gi', reserved)], 'mine'],
    ['one that was reserved for it, of whatever class', [volume('mine', '3Gi', { ...reserved, storageClassName: 'other' })], 'mine'],
    ['none that was reserved for it and is too small', [volume('mine', '1Gi', reserved)], undefined],
    ['one of its class, however both name it', [volume('other', '2Gi'), old('fit', '3Gi')], 'fit', oldClaim],
    ['none of another class', [volume('other', '3Gi', { storageClassName: 'other' })], undefined],
  ])('%s', (_, volumes, expected, asking = claim()) => expect(chooseVolume(asking, volumes)?.metadata.name).toBe(expected));
});

describe('a claim that names its volume', () => {
  const named = claim({ volumeName: 'v' });
  test('is bound to it', () => expect(decide({ claim: named, volumes: [volume('v', '2Gi')] })).toMatchObject({ kind: 'bind' }));

  test.each<[string, PersistentVolume]>([
    ['requested PV is too small', volume('v', '1Gi')],
    ['storageClassName does not match', volume('v', '2Gi', { storageClassName: 'other' })],
    ['incompatible volumeMode', volume('v', '2Gi', { volumeMode: 'Block' })],
    ['incompatible accessMode', volume('v', '2Gi', { accessModes: ['ReadOnlyMany'] })],
  ])('is not where it is not what it asks for: %s', (why, found) =>
    expect(decide({ claim: named, volumes: [found] })).toEqual({
      kind: 'wait',
      type: 'Warning',
      reason: 'VolumeMismatch',
      message: `Cannot bind to requested volume "v": ${why}`,
    }),
  );
});

describe('a claim waits', () => {
  const delayed = storageClass('example.com/disks', 'WaitForFirstConsumer');
  test.each<[string, Partial<ClaimState>, string]>([
    [
      'for a first consumer',
      { storageClass: delayed },
      'Normal WaitForFirstConsumer: waiting for first consumer to be created before binding',
    ],
    [
      'for its consumer to have a node',
      { storageClass: delayed, unscheduled: ['p'] },
      'Normal WaitForPodScheduled: waiting for pod p to be scheduled',
    ],
    [
      'for both of them',
      { storageClass: delayed, unscheduled: ['p', 'q'] },
      'Normal WaitForPodScheduled: waiting for pods p,q to be scheduled',
    ],
    ['for a class', {}, 'Warning ProvisioningFailed: storageclass.storage.k8s.io "made" not found'],
    [
      'for a volume that nobody makes',
      { storageClass: storageClass('kubernetes.io/no-provisioner', 'Immediate') },
      'Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner',
    ],
    [
      'without a class for a volume',
      { claim: claim({ storageClassName: '' }) },
      'Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
  ])('%s', (_, state, expected) => {
    const fate = decide(state);
    expect(fate.kind === 'wait' && `${fate.type} ${fate.reason}: ${fate.message}`).toBe(expected);
  });
});

describe('a volume whose claim is gone', () => {
  const claimRef = { name: 'data', namespace: 'default', uid: 'c' };
  const made = (by: string) => ({ 'pv.kubernetes.io/provisioned-by': by });
  const released = (spec: object, annotations = {}): PersistentVolume => {
    const { metadata, spec: usual, ...rest } = volume('v', '2Gi');
    return { ...rest, metadata: { ...metadata, annotations }, spec: { ...usual, claimRef, persistentVolumeReclaimPolicy: 'Delete', ...spec } };
  };

  test.each<[what: string, volume: PersistentVolume, fate: VolumeFate]>([
    ['stays where its policy says so', released({ persistentVolumeReclaimPolicy: 'Retain' }), { phase: 'Released', remove: false }],
    ['goes where it was made for a claim here', released({ hostPath: { path: '/v' } }, made('slipway.dev/local-path')), { phase: 'Released', remove: true }],
    ['is left to who made it', released({ hostPath: { path: '/v' } }, made('example.com/disks')), { phase: 'Released', remove: false }],
    ['is left to its driver', released({ csi: { driver: 'example.com', volumeHandle: 'x' } }), { phase: 'Released', remove: false }],
    [
      'that nobody can delete fails, and says so',
      released({ nfs: { server: 's', path: '/v' } }),
      { phase: 'Failed', remove: false, message: 'error getting deleter volume plugin for volume "v": no deletable volume plugin matched' },
    ],
    [
      'that is a directory of the machine fails, and says what to do',
      released({ hostPath: { path: '/v' } }),
      {
        phase: 'Failed',
        remove: false,
        message:
          'the directory /v of volume "v" was not made for a claim, and is not deleted: delete it and the volume by hand, or set persistentVolumeReclaimPolicy to Retain',
      },
    ],
  ])('%s', (_, gone, fate) => expect(decideVolume(gone, undefined)).toEqual(fate));
}); // prettier-ignore
