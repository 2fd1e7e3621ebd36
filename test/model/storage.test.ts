import { describe, expect, test } from 'vitest';
import { classNameOf, type Manifest } from '../../src/model/index.ts';
import { registry } from './oracle.ts';
import { problemsOf, updateProblems } from './problems.ts';

describe('the class of a claim or volume', () => {
  const named = (className?: string, annotation?: string) =>
    classNameOf({
      metadata: {
        name: 'x',
        ...(annotation === undefined ? {} : { annotations: { 'volume.beta.kubernetes.io/storage-class': annotation } }),
      },
      spec: className === undefined ? {} : { storageClassName: className },
    });
  test.each<[what: string, field: string | undefined, annotation: string | undefined, expected: string | undefined]>([
    ['is what its field says', 'fast', undefined, 'fast'],
    ['is what the old annotation says', undefined, 'old', 'old'],
    ['is what the old annotation says, whatever the field does', 'fast', 'old', 'old'],
    ['may be none', '', undefined, ''],
    ['may be left open', undefined, undefined, undefined],
  ])('%s', (_, field, annotation, expected) => expect(named(field, annotation)).toBe(expected));
});

describe('a persistent volume', () => {
  const usual = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
  const local = { ...usual, local: { path: '/disk' } };
  const driver = { driver: 'csi.example.com', volumeHandle: 'h' };
  const subdomain = /^spec\.csi\.driver: Invalid value: "a_b": a lowercase RFC 1123 subdomain/;
  test.each<[what: string, spec: object, expected: readonly unknown[]]>([
    [
      'says how large it is',
      { accessModes: ['ReadWriteOnce'], hostPath: { path: '/v' } },
      ['spec.capacity: Required value', 'spec.capacity: Unsupported value: null: supported values: "storage"'],
    ],
    [
      'is larger than nothing',
      { ...usual, capacity: { storage: '-1Gi' }, hostPath: { path: '/v' } },
      [
        'spec.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity',
        'spec.capacity[storage]: Invalid value: "-1Gi": must be greater than zero',
      ],
    ],
    ['lies where it says', { ...usual, hostPath: { path: '/a/../b' } }, ['spec.hostPath.path: Invalid value: "/a/../b": must not contain \'..\'']],
    ['that is local says where', local, ['spec.nodeAffinity: Required value: Local volume requires node affinity']],
    ['that is bound to nodes says which', { ...local, nodeAffinity: {} }, ['spec.nodeAffinity.required: Required value: must specify required node constraints']],
    [
      'names at least one kind of node',
      { ...local, nodeAffinity: { required: { nodeSelectorTerms: [] } } },
      ['spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term'],
    ],
    ['names its driver as drivers are named', { ...usual, csi: { ...driver, driver: 'a_b' } }, [expect.stringMatching(subdomain)]],
    [
      'says where its secrets are',
      { ...usual, csi: { ...driver, nodePublishSecretRef: { name: 's' } } },
      ['spec.csi.nodePublishSecretRef.namespace: Required value'],
    ],
    [
      'has attributes from its driver alone',
      { ...usual, hostPath: { path: '/v' }, volumeAttributesClassName: 'fast' },
      ['spec.csi: Required value: has to be specified when using volumeAttributesClassName'],
    ],
  ])('%s', (_, spec, expected) => expect(problemsOf('PersistentVolume', spec)).toEqual(expected)); // prettier-ignore

  const on = (node: string) => ({
    required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] },
  });
  const secret = { controllerExpandSecretRef: { name: 's', namespace: 'n' } };
  const IMMUTABLE = 'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation';
  test.each<[what: string, before: object, after: object, expected: readonly unknown[]]>([
    ['grows', local, { capacity: { storage: '2Gi' } }, []],
    ['stays where it is', local, { local: { path: '/other' } }, [IMMUTABLE]],
    ['is bound to nodes later', { ...usual, hostPath: { path: '/v' } }, { nodeAffinity: on('a') }, []],
    ['stays bound to its nodes', local, { nodeAffinity: on('b') }, [expect.stringMatching(/^nodeAffinity: Invalid value: .*: field is immutable$/)]],
    ['is given later who may grow it', { ...usual, csi: driver }, { csi: { ...driver, ...secret } }, []],
    ['keeps who may grow it', { ...usual, csi: { ...driver, ...secret } }, { csi: driver }, [IMMUTABLE]],
    ['keeps its mode', local, { volumeMode: 'Block' }, ['volumeMode: Invalid value: "Block": field is immutable']],
  ])('%s', (_, before, after, expected) => {
    const spec = { nodeAffinity: 'local' in before ? on('a') : undefined, ...before };
    const metadata = { name: 'x' };
    expect(updateProblems('PersistentVolume', { metadata, spec }, { metadata, spec: { ...spec, ...after } })).toEqual(expected);
  }); // prettier-ignore
});

describe('a claim', () => {
  const usual = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } };
  const other = { kind: 'PersistentVolumeClaim', name: 'other' };
  test.each<[what: string, spec: object, expected: string[]]>([
    [
      'is filled from a claim, or says from what',
      { dataSourceRef: { kind: 'Backup', name: 'b' } },
      [`spec.dataSource: Invalid value: "Backup": must be 'PersistentVolumeClaim' when referencing the default apiGroup`, `spec.dataSourceRef: Invalid value: "Backup": must be 'PersistentVolumeClaim' when referencing the default apiGroup`],
    ],
    ['is filled from one thing', { dataSource: other, dataSourceRef: { ...other, name: 'b' } }, ['spec: Invalid value: {}: must match dataSourceRef']],
    ['may be filled from anything that has a group', { dataSourceRef: { apiGroup: 'example.com', kind: 'Backup', name: 'b' } }, []],
  ])('%s', (_, spec, expected) => expect(problemsOf('PersistentVolumeClaim', { ...usual, ...spec })).toEqual(expected)); // prettier-ignore

  const filled = (spec: object) => {
    const kind = registry.byApiVersion('v1', 'PersistentVolumeClaim')!;
    const made = kind.prepareCreate({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'x' },
      spec,
    } as unknown as Manifest);
    const { dataSource, dataSourceRef } = made['spec'] as Record<string, unknown>;
    return [dataSource, dataSourceRef];
  };
  const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
  const backup = { apiGroup: 'example.com', kind: 'Backup', name: 'b' };
  test.each<[what: string, spec: object, expected: unknown[]]>([
    ['the newer way from the older', { dataSource: snapshot }, [snapshot, snapshot]],
    ['the older way from the newer', { dataSourceRef: backup }, [backup, backup]],
    ['nothing, where the older way names what only the newer can', { dataSource: backup }, [undefined, undefined]],
    ['nothing, where the data lies in another namespace', { dataSourceRef: { ...snapshot, namespace: 'other' } }, [undefined, undefined]],
  ])('says where its data comes from both ways: %s', (_, spec, expected) => expect(filled(spec)).toEqual(expected));

  const ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
  const IMMUTABLE =
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
  const claim = (spec: object, annotation?: string, phase = 'Pending') => ({
    metadata: { name: 'x', namespace: 'default', ...(annotation ? { annotations: { [ANNOTATION]: annotation } } : {}) },
    spec: { ...usual, ...spec },
    status: { phase, ...(phase === 'Bound' ? { capacity: { storage: '1Gi' } } : {}) },
  });
  const bound = (spec: object) => claim({ volumeName: 'v', ...spec }, undefined, 'Bound');
  const size = (storage: string, more: object = {}) => ({ resources: { requests: { storage }, ...more } });
  test.each<[what: string, before: object, after: object, expected: string[]]>([
    ['is given its volume', claim({}), claim({ volumeName: 'v' }), []],
    ['keeps its volume', bound({}), bound({ volumeName: 'w' }), [IMMUTABLE]],
    ['is given a class', claim({}), claim({ storageClassName: 'fast' }), []],
    ['keeps its class', claim({ storageClassName: 'fast' }), claim({ storageClassName: 'slow' }), [IMMUTABLE]],
    ['has its class said the new way', claim({}, 'old'), claim({ storageClassName: 'old' }), []],
    ['keeps the class that it names the old way', claim({}, 'old'), claim({ storageClassName: 'new' }, 'old'), [IMMUTABLE]],
    ['keeps the old way', claim({}, 'old'), claim({}, 'new'), [`metadata.annotations[${ANNOTATION}]: Invalid value: "new": field is immutable`]],
    ['grows', bound({}), bound(size('3Gi')), []],
    ['grows only once it is bound', claim({}), claim(size('3Gi')), [IMMUTABLE]],
    ['asks for nothing else', bound({}), bound(size('2Gi', { limits: { storage: '5Gi' } })), [IMMUTABLE]],
    ['shrinks to what it does not have yet', bound(size('3Gi')), bound(size('2Gi')), []],
    ['never shrinks below what it has', bound({}), bound(size('1Gi')), ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity']],
    ['changes the attributes of its volume', claim({ volumeAttributesClassName: 'a' }), claim({ volumeAttributesClassName: 'b' }), []],
    ['keeps some attributes', bound({ volumeAttributesClassName: 'a' }), bound({}), ['spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden']],
    ['keeps its mode', claim({}), claim({ volumeMode: 'Block' }), [IMMUTABLE, 'volumeMode: Invalid value: "Block": field is immutable']],
  ])('%s', (_, before, after, expected) => expect(updateProblems('PersistentVolumeClaim', before, after)).toEqual(expected)); // prettier-ignore
});

describe('a claim of a pod’s own', () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  const at = 'spec.volumes[0].ephemeral.volumeClaimTemplate';
  test.each<[what: string, ephemeral: object, expected: string[]]>([
    ['has a template', {}, [`${at}: Required value`]],
    [
      'has its name from the pod',
      { volumeClaimTemplate: { metadata: { name: 'n' }, spec } },
      [`${at}.metadata.name: Forbidden: cannot be set`],
    ],
    [
      'asks as any claim does',
      { volumeClaimTemplate: { spec: {} } },
      [`${at}.spec.accessModes: Required value: at least 1 access mode is required`, `${at}.spec.resources[storage]: Required value`],
    ],
    ['is well', { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec } }, []],
  ])('%s', (_, ephemeral, expected) => {
    const pod = { containers: [{ name: 'c', image: 'i' }], volumes: [{ name: 'v', ephemeral }] };
    expect(problemsOf('Pod', pod)).toEqual(expected);
  });
});

describe('the writer is warned of', () => {
  const warnings = (kind: string, spec: object, annotations: object = {}) => {
    const found = registry.byApiVersion('v1', kind)!;
    return found.warnings({ apiVersion: 'v1', kind, metadata: { name: 'x', annotations }, spec } as unknown as Manifest);
  };
  const ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
  const old = [`metadata.annotations[${ANNOTATION}]: deprecated since v1.8; use "storageClassName" attribute instead`];
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }] } };
  const key = 'spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key';
  test.each<[what: string, warned: readonly string[], expected: string[]]>([
    ['the old way to name a volume’s class', warnings('PersistentVolume', {}, { [ANNOTATION]: 'old' }), old],
    ['the old way to name a claim’s class', warnings('PersistentVolumeClaim', {}, { [ANNOTATION]: 'old' }), old],
    ['parts of a byte', warnings('PersistentVolumeClaim', { resources: { requests: { storage: '1500m' } } }), ['spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer']],
    ['volumes that are to be emptied', warnings('PersistentVolume', { persistentVolumeReclaimPolicy: 'Recycle' }), ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.']],
    ['what no node mounts any more', warnings('PersistentVolume', { storageos: {} }), ['spec.storageOS: deprecated in v1.22, non-functional in v1.25+']],
    ['old labels of nodes', warnings('PersistentVolume', { nodeAffinity }), [`${key}: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead`]],
  ])('%s', (_, warned, expected) => expect(warned).toEqual(expected)); // prettier-ignore
});

describe('a container’s block devices', () => {
  const volumes = [
    { name: 'disk', persistentVolumeClaim: { claimName: 'c' } },
    { name: 'dir', emptyDir: {} },
  ];
  const problems = (volumeDevices: object[], volumeMounts: object[] = []) =>
    problemsOf('Pod', { containers: [{ name: 'c', image: 'i', volumeDevices, volumeMounts }], volumes });
  const at = 'spec.containers[0].volumeDevices[0]';
  const other = 'spec.containers[0].volumeMounts[0]';
  const disk = { name: 'disk', devicePath: '/dev/x' };
  test.each<[what: string, found: string[], expected: string[]]>([
    ['are claims', problems([disk]), []],
    ['are nothing else', problems([{ ...disk, name: 'dir' }]), [`${at}.name: Invalid value: "dir": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`]],
    ['are volumes of the pod', problems([{ ...disk, name: 'none' }]), [`${at}.name: Not found: "none"`]],
    ['stay where they are', problems([{ ...disk, devicePath: '/dev/../x' }]), [`${at}.devicePath: Invalid value: "/dev/../x": can not contain backsteps ('..')`]],
    [
      'are no directories',
      problems([disk], [{ name: 'disk', mountPath: '/data' }]),
      [`${other}.name: Invalid value: "disk": must not already exist in volumeDevices`, `${at}.name: Invalid value: "disk": must not already exist in volumeMounts`],
    ],
    [
      'are not where directories are',
      problems([disk], [{ name: 'dir', mountPath: '/dev/x' }]),
      [`${other}.mountPath: Invalid value: "/dev/x": must not already exist as a path in volumeDevices`, `${at}.devicePath: Invalid value: "/dev/x": must not already exist as a path in volumeMounts`],
    ],
  ])('%s', (_, found, expected) => expect(found).toEqual(expected)); // prettier-ignore
});

test('a class of volume attributes says what they are, once and for all', () => {
  const kind = registry.byApiVersion('storage.k8s.io/v1', 'VolumeAttributesClass')!;
  const vac = (driverName: string, parameters?: object) =>
    ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttributesClass',
      metadata: { name: 'gold' },
      driverName,
      parameters,
    }) as unknown as Manifest;
  const gold = vac('csi.example.com', { iops: '1000' });
  const said = (object: Manifest, old?: Manifest) => kind.validate(object, old).map(({ path, message }) => `${path.join('.')}: ${message}`);
  expect(said(gold)).toEqual([]);
  expect(said(vac('csi.example.com'))).toEqual(['parameters: Required value: must contain at least one key/value pair']);
  expect(said(vac('csi.example.com', { iops: '2000' }), gold)).toEqual(['parameters: Forbidden: updates to parameters are forbidden.']);
  expect(said(vac('other.example.com', { iops: '1000' }), gold)).toEqual(['driverName: Forbidden: updates to driverName are forbidden.']);
});
