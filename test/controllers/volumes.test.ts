import { describe, expect, test } from 'vitest';
import { decideClaim, PROVISIONER, type ClaimFate, type ClaimState } from '../../src/controllers/volumes/claim.ts';
import { bound } from '../../src/controllers/volumes/claimstatus.ts';
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
  decideClaim({ claim: claim(), volumes: [], storageClass: undefined, defaultClass: undefined, unscheduled: [], nodes: [], ...state });

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
    ['volumeAttributesClassName does not match', volume('v', '2Gi', { volumeAttributesClassName: 'fast' })],
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
    ['for a volume that is not there', { claim: claim({ volumeName: 'v' }) }, 'Normal FailedBinding: volume "v" not found'],
    [
      'without a class for a volume',
      { claim: claim({ storageClassName: '' }) },
      'Normal FailedBinding: no persistent volumes available for this claim and no storage class is set',
    ],
  ])('%s', (_, state, expected) => {
    const fate = decide(state);
    expect(said(fate)).toBe(expected);
  });
});

const said = (fate: ClaimFate) => (fate.kind === 'wait' ? `${fate.type} ${fate.reason}: ${fate.message}` : fate.kind);

const marked = (annotations: Record<string, string>, spec: Partial<PersistentVolumeClaim['spec']> = {}): PersistentVolumeClaim => ({
  ...claim(spec),
  metadata: { ...claim().metadata, annotations },
});

describe('a claim that had its volume', () => {
  const had = (spec: Partial<PersistentVolumeClaim['spec']>) => marked({ 'pv.kubernetes.io/bind-completed': 'yes' }, spec);
  const held = (uid: string) => volume('v', '2Gi', { claimRef: { name: 'data', namespace: 'default', uid } });
  test.each<[what: string, claim: PersistentVolumeClaim, volumes: PersistentVolume[], kind: string, message?: string]>([
    ['is lost with it', had({ volumeName: 'v' }), [], 'lost', 'ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!'],
    ['is lost with its name', had({}), [], 'lost', 'ClaimLost: Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'],
    ['is lost to another claim', had({ volumeName: 'v' }), [held('other')], 'lost', 'ClaimMisbound: Two claims are bound to the same volume, this one is bound incorrectly'],
    ['is bound to one that nobody holds by now', had({ volumeName: 'v' }), [volume('v', '2Gi')], 'bind'],
    ['stays bound to it', had({ volumeName: 'v' }), [held('c')], 'bind'],
  ])('%s', (_, claim, volumes, kind, message) => {
    const fate = decide({ claim, volumes });
    expect([fate.kind, fate.kind === 'lost' ? `${fate.reason}: ${fate.message}` : undefined]).toEqual([kind, message]);
  }); // prettier-ignore
});

test('a claim has the size and the attributes of its volume, and keeps them while that changes', () => {
  const has = bound({ phase: 'Pending' }, volume('v', '2Gi', { volumeAttributesClassName: 'gold' }));
  expect(has).toEqual({
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '2Gi' },
    currentVolumeAttributesClassName: 'gold',
  });
  expect(bound(has, volume('v', '3Gi', { volumeAttributesClassName: 'silver' }))).toEqual(has);
});

describe('a claim that waits for its consumer', () => {
  const delayed = storageClass(PROVISIONER, 'WaitForFirstConsumer');
  const selected = { 'volume.kubernetes.io/selected-node': 'a' };
  const reserved = volume('v', '2Gi', { claimRef: { name: 'data', namespace: 'default' } });
  test.each<[what: string, state: Partial<ClaimState>, expected: object]>([
    ['takes no volume by itself', { volumes: [volume('v', '2Gi')] }, { kind: 'wait' }],
    ['takes one that is reserved for it', { volumes: [reserved] }, { kind: 'bind' }],
    ['gets one where its consumer runs, though others are free elsewhere', { claim: marked(selected), volumes: [volume('v', '2Gi')] }, { kind: 'provision', node: 'a' }],
  ])('%s', (_, state, expected) => expect(decide({ storageClass: delayed, ...state })).toMatchObject(expected)); // prettier-ignore
});

describe('a claim that names no class', () => {
  const { storageClassName: _, ...classless } = claim().spec;
  const defaultClass = storageClass(PROVISIONER, 'WaitForFirstConsumer');
  const silent = { ...claim(), spec: classless };
  test.each<[what: string, state: Partial<ClaimState>, expected: object]>([
    ['is given the default class once there is one', { claim: silent }, { kind: 'classify', className: 'made' }],
    ['is not, where it wants none', { claim: claim({ storageClassName: '' }) }, { kind: 'wait', reason: 'FailedBinding' }],
    ['is not, where it names one the old way', { claim: { ...silent, metadata: { ...silent.metadata, annotations: { 'volume.beta.kubernetes.io/storage-class': 'old' } } } }, { kind: 'wait', reason: 'ProvisioningFailed' }],
    ['is not, where a volume without a class serves it', { claim: silent, volumes: [volume('v', '2Gi', { storageClassName: '' })] }, { kind: 'bind' }],
  ])('%s', (_, state, expected) => expect(decide({ defaultClass, ...state })).toMatchObject(expected)); // prettier-ignore
});

describe('no volume is made', () => {
  const here = storageClass(PROVISIONER, 'Immediate');
  const failed = 'Warning ProvisioningFailed: Failed to provision volume with StorageClass "made": ';
  test.each<[what: string, spec: Partial<PersistentVolumeClaim['spec']>, expected: string]>([
    ['with labels to be chosen by', { selector: { matchLabels: { a: 'b' } } }, `${failed}claim.Spec.Selector is not supported`],
    ['with attributes', { volumeAttributesClassName: 'gold' }, `${failed}slipway.dev/local-path does not support volume attributes`],
    ['as a block device', { volumeMode: 'Block' }, `${failed}slipway.dev/local-path does not support block volume provisioning`],
    [
      'as a copy of another',
      { dataSource: { kind: 'PersistentVolumeClaim', name: 'other' } },
      'Warning ProvisioningFailed: plugin "slipway.dev/local-path" is not a CSI plugin. Only CSI plugin can provision a claim with a datasource',
    ],
  ])('%s', (_, spec, expected) => expect(said(decide({ claim: claim(spec), storageClass: here }))).toBe(expected));

  test.each([
    ['kubernetes.io/glusterfs', 'Warning ProvisioningFailed: no volume plugin matched name: kubernetes.io/glusterfs'],
    ['kubernetes.io/aws-ebs', 'ebs.csi.aws.com'],
    ['example.com/disks', 'example.com/disks'],
  ])('here by %s', (provisioner, expected) => {
    const fate = decide({ storageClass: storageClass(provisioner, 'Immediate') });
    expect(fate.kind === 'external' ? fate.provisioner : said(fate)).toBe(expected);
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

  test.each<[what: string, volume: PersistentVolume, other: string | undefined, fate: VolumeFate]>([
    ['is bound', released({}), 'v', { phase: 'Bound', remove: false }],
    ['is bound already where the claim does not say so yet', released({}), undefined, { phase: 'Bound', remove: false }],
    ['is free again', released({}), 'other', { phase: 'Available', remove: false, unbind: true }],
    ['goes where it was made for that claim alone', released({}, made('slipway.dev/local-path')), 'other', { phase: 'Released', remove: true }],
  ])('whose claim is there %s', (_, held, volumeName, fate) => {
    expect(decideVolume(held, claim(volumeName === undefined ? {} : { volumeName }))).toEqual(fate);
  });
}); // prettier-ignore
