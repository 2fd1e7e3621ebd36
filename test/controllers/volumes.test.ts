import { describe, expect, test } from 'vitest';
import { decideClaim, type ClaimState } from '../../src/controllers/volumes/claim.ts';
import { chooseVolume } from '../../src/controllers/volumes/index.ts';
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
  test.each<[string, readonly PersistentVolume[], string | undefined]>([
    ['the smallest volume that is enough', [volume('large', '9Gi'), volume('small', '1Gi'), volume('fit', '3Gi')], 'fit'],
    ['one that was reserved for it, before any other', [volume('fit', '2Gi'), volume('mine', '3Gi', reserved)], 'mine'],
    ['one that was reserved for it, of whatever class', [volume('mine', '3Gi', { ...reserved, storageClassName: 'other' })], 'mine'],
    ['none that was reserved for it and is too small', [volume('mine', '1Gi', reserved)], undefined],
    ['none of another class', [volume('other', '3Gi', { storageClassName: 'other' })], undefined],
  ])('%s', (_, volumes, expected) => expect(chooseVolume(claim(), volumes)?.metadata.name).toBe(expected));
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
