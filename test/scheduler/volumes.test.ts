import { describe, expect, test } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../src/model/index.ts';
import { chooseNode, ClusterSnapshot, DEFAULT_PLUGINS, explain, viewPod } from '../../src/scheduler/index.ts';
import { ALONE } from '../../src/scheduler/surroundings.ts';
import { provide } from '../../src/scheduler/volumes.ts';
import { node, pod } from './samples.ts';

const HOST = 'kubernetes.io/hostname';

function claim(name: string, spec: PersistentVolumeClaim['spec'] = {}, more: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim {
  const metadata = { namespace: 'default', name, uid: `uid-${name}`, ...more.metadata };
  const asked = { accessModes: ['ReadWriteOnce'] as const, resources: { requests: { storage: '1Gi' } }, storageClassName: 'local' };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec: { ...asked, ...spec }, status: { phase: 'Pending' }, ...more, metadata };
}

function volume(name: string, on: string | undefined, spec: Partial<PersistentVolume['spec']> = {}): PersistentVolume {
  const nodeAffinity = { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: HOST, operator: 'In' as const, values: [on!] }] }] } };
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'local',
      ...(on ? { nodeAffinity } : {}),
      ...spec,
    },
    status: { phase: 'Available' },
  };
}

const storageClass = (name: string, more: Partial<StorageClass>): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'kubernetes.io/no-provisioner',
  ...more,
});

const CLASSES = [
  storageClass('local', { volumeBindingMode: 'WaitForFirstConsumer' }),
  storageClass('made', { volumeBindingMode: 'WaitForFirstConsumer', provisioner: 'slipway.dev/local-path' }),
  storageClass('made-in-a', {
    volumeBindingMode: 'WaitForFirstConsumer',
    provisioner: 'x',
    allowedTopologies: [{ matchLabelExpressions: [{ key: HOST, values: ['a'] }] }],
  }),
  storageClass('at-once', {}),
  storageClass('disks', { volumeBindingMode: 'WaitForFirstConsumer', provisioner: 'disks' }),
];

interface World {
  readonly claims?: readonly PersistentVolumeClaim[];
  readonly volumes?: readonly PersistentVolume[];
  /** How many volumes of the driver `disks` each node takes. */
  readonly most?: number;
  /** The volumes that are attached to node a. */
  readonly attached?: readonly string[];
}

function cluster({ claims = [], volumes = [], most, attached = [] }: World): ClusterSnapshot {
  const snapshot = new ClusterSnapshot({
    ...ALONE,
    claim: (_, name) => claims.find(({ metadata }) => metadata.name === name),
    volume: (name) => volumes.find(({ metadata }) => metadata.name === name),
    volumes: () => volumes,
    attachable: () => new Map(most === undefined ? [] : [['disks', most]]),
    attached: (name) => (name === 'a' ? attached : []),
    storageClass: (name) => CLASSES.find(({ metadata }) => metadata.name === name),
  });
  for (const name of ['a', 'b']) snapshot.setNode(node(name));
  return snapshot;
}

const using = (...claims: readonly string[]): Pod =>
  pod('p', { volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })) });

function where(snapshot: ClusterSnapshot, of: Pod): string {
  const choose = (one: Pod) => chooseNode(viewPod(one), snapshot, DEFAULT_PLUGINS, { seed: 1, start: 0 });
  const open = snapshot.nodes.filter(({ name }) => choose({ ...of, spec: { ...of.spec, nodeName: name } }).kind === 'placed');
  if (open.length > 0) return open.map(({ name }) => name).join(' ');
  const choice = choose(of);
  return choice.kind === 'refused' ? explain(choice.diagnosis) : 'anywhere';
}

const bound = (name: string, to: string, spec: PersistentVolumeClaim['spec'] = {}) =>
  claim(
    name,
    { volumeName: to, ...spec },
    { metadata: { name, annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, status: { phase: 'Bound' } },
  );
const all = (reason: string) => `0/2 nodes are available: ${reason}.`;

describe('a pod with claims', () => {
  const cases: [string, World, string][] = [
    ['goes where its volume is', { claims: [bound('data', 'v')], volumes: [volume('v', 'b')] }, 'b'],
    ['goes anywhere with a volume that is everywhere', { claims: [bound('data', 'v')], volumes: [volume('v', undefined)] }, 'a b'],
    ['whose volume is lost', { claims: [bound('data', 'gone')] }, all('2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)')],
    ['whose claim is not there', {}, all('persistentvolumeclaim "data" not found')],
    ['whose claim is lost', { claims: [claim('data', { volumeName: 'v' }, { status: { phase: 'Lost' } })] }, all('persistentvolumeclaim "data" bound to non-existent persistentvolume "v"')],
    ['whose claim is being deleted', { claims: [claim('data', {}, { metadata: { name: 'data', deletionTimestamp: '2026-01-01T00:00:00Z' } })] }, all('persistentvolumeclaim "data" is being deleted')],
    ['whose claim waits for no pod', { claims: [claim('data', { storageClassName: 'at-once' })] }, all('pod has unbound immediate PersistentVolumeClaims')],
    ['whose claim names a volume that it does not have yet', { claims: [claim('data', { volumeName: 'v' })], volumes: [volume('v', 'a')] }, all('pod has unbound immediate PersistentVolumeClaims')],
    ['whose claim waits: where a volume is free', { claims: [claim('data')], volumes: [volume('v', 'a')] }, 'a'],
    ['whose claim asks for more than there is', { claims: [claim('data', { resources: { requests: { storage: '2Gi' } } })], volumes: [volume('v', 'a')] }, all("2 node(s) didn't find available persistent volumes to bind")],
    ['whose claim asks for another way of access', { claims: [claim('data', { accessModes: ['ReadWriteMany'] })], volumes: [volume('v', 'a')] }, all("2 node(s) didn't find available persistent volumes to bind")],
    ['whose claim selects by label', { claims: [claim('data', { selector: { matchLabels: { tier: 'fast' } } })], volumes: [volume('v', 'a')] }, all("2 node(s) didn't find available persistent volumes to bind")],
    ['with a volume that is kept for its claim', { claims: [claim('data')], volumes: [volume('v', 'a', { claimRef: { namespace: 'default', name: 'data' } })] }, 'a'],
    ['with a volume that is kept for another', { claims: [claim('data')], volumes: [volume('v', 'a', { claimRef: { namespace: 'default', name: 'other' } })] }, all("2 node(s) didn't find available persistent volumes to bind")],
    ['whose volume can be made anywhere', { claims: [claim('data', { storageClassName: 'made' })] }, 'a b'],
    ['whose volume can be made in one place', { claims: [claim('data', { storageClassName: 'made-in-a' })] }, 'a'],
    ['whose volume is being made, though another is free elsewhere', { claims: [claim('data', { storageClassName: 'made' }, { metadata: { name: 'data', annotations: { 'volume.kubernetes.io/selected-node': 'b' } } })], volumes: [volume('v', 'a', { storageClassName: 'made' })] }, 'b'],
    ['whose volume is being made', { claims: [claim('data', { storageClassName: 'made' }, { metadata: { name: 'data', annotations: { 'volume.kubernetes.io/selected-node': 'b' } } })] }, 'b'],
  ]; // prettier-ignore
  test.each(cases)('%s', (_, world, nodes) => expect(where(cluster(world), using('data'))).toBe(nodes));

  const ZONE = 'topology.kubernetes.io/zone';
  const REGION = 'topology.kubernetes.io/region';
  const BETA_ZONE = 'failure-domain.beta.kubernetes.io/zone';
  const zones: [name: string, ofVolume: Record<string, string>, ofNode: Record<string, string>, reaches: boolean][] = [
    ['the same', { [ZONE]: 'a' }, { [ZONE]: 'a' }, true],
    ['another', { [ZONE]: 'a' }, { [ZONE]: 'b' }, false],
    ['one of several', { [ZONE]: 'a__b' }, { [ZONE]: 'b' }, true],
    ['on a node that says nothing of zones', { [ZONE]: 'a', [REGION]: 'x' }, {}, true],
    ['on a node that has a zone and names no region', { [ZONE]: 'a', [REGION]: 'x' }, { [ZONE]: 'a' }, false],
    ['under its former name', { [BETA_ZONE]: 'a' }, { [ZONE]: 'b' }, false],
    ['under its former name, the same', { [BETA_ZONE]: 'a' }, { [ZONE]: 'a' }, true],
    ['of a volume that says nothing of zones', {}, { [ZONE]: 'a' }, true],
  ];
  test.each(zones)('is reached in a zone: %s', (_, ofVolume, ofNode, reaches) => {
    const of = volume('v', undefined);
    const snapshot = cluster({ claims: [bound('data', 'v')], volumes: [{ ...of, metadata: { ...of.metadata, labels: ofVolume } }] });
    for (const name of ['a', 'b']) snapshot.setNode(node(name, {}, { labels: ofNode }));
    expect(where(snapshot, using('data'))).toBe(reaches ? 'a b' : all('2 node(s) had no available volume zone'));
  });

  describe('finds no more volumes on a node than its driver can attach', () => {
    const disk = (name: string) => volume(name, undefined, { csi: { driver: 'disks', volumeHandle: `handle-${name}` } });
    const other = volume('o', undefined, { csi: { driver: 'shares', volumeHandle: 'o' } });
    const claims = [...['1', '2', '3'].map((n) => bound(`c${n}`, `v${n}`)), bound('o', 'o'), claim('new', { storageClassName: 'disks' })];
    const volumes = [disk('v1'), disk('v2'), disk('v3'), other];
    const none = all('2 node(s) exceed max volume count');
    const rows: [name: string, most: number | undefined, attached: string[], ours: string[], nodes: string][] = [
      ['one more than c1, which is on a', 1, [], ['c2'], 'b'],
      ['one more, and there is room for it', 2, [], ['c2'], 'a b'],
      ['two more', 2, [], ['c2', 'c3'], 'b'],
      ['two where one fits', 1, [], ['c2', 'c3'], none],
      ['the one that is there', 1, [], ['c1'], 'a b'],
      ['one that is still to be made', 1, [], ['new'], 'b'],
      ['one of another driver', 1, [], ['o'], 'a b'],
      ['one where a volume that nobody uses is still attached', 2, ['v3'], ['c2'], 'b'],
      ['one that is still attached', 2, ['v2'], ['c2'], 'a b'],
      ['as many as it likes, where the node says nothing', undefined, ['v3'], ['c2'], 'a b'],
    ];
    test.each(rows)('%s', (_, most, attached, ours, nodes) => {
      const snapshot = cluster({ claims, volumes, attached, ...(most === undefined ? {} : { most }) });
      snapshot.place(viewPod({ ...using('c1'), metadata: { ...using('c1').metadata, name: 'first' } }), 'a', 'bound');
      expect(where(snapshot, using(...ours))).toBe(nodes);
    });
  });

  test('two claims want two volumes', () => {
    const claims = [claim('one'), claim('two')];
    const volumes = [volume('v1', 'a'), volume('v2', 'b'), volume('v3', 'b')];
    expect(where(cluster({ claims, volumes }), using('one', 'two'))).toBe('b');
  });

  test('the smallest volume that is large enough is taken', () => {
    const snapshot = cluster({
      volumes: [
        volume('large', 'a', { capacity: { storage: '9Gi' } }),
        volume('right', 'a'),
        volume('tiny', 'a', { capacity: { storage: '1Mi' } }),
      ],
    });
    expect(provide([claim('data')], snapshot.nodes[0]!, snapshot.surroundings)).toMatchObject([
      { volume: { metadata: { name: 'right' } } },
    ]);
  });

  test('a claim for one pod only is in use', () => {
    const snapshot = cluster({ claims: [bound('data', 'v', { accessModes: ['ReadWriteOncePod'] })], volumes: [volume('v', undefined)] });
    expect(where(snapshot, using('data'))).toBe('a b');
    snapshot.place(viewPod({ ...using('data'), metadata: { ...using('data').metadata, name: 'first' } }), 'a', 'bound');
    expect(where(snapshot, using('data'))).toBe(
      all('2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode'),
    );
  });

  test('a claim of its own is made for it first, and must be its own', () => {
    const of = pod('p', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: {} } }] });
    expect(where(cluster({}), of)).toBe(all('waiting for ephemeral volume controller to create the persistentvolumeclaim "p-scratch"'));
    expect(where(cluster({ claims: [claim('p-scratch', { storageClassName: 'made' })] }), of)).toBe(
      all('PVC default/p-scratch was not created for pod default/p (pod is not owner)'),
    );
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'uid-p', controller: true }];
    const own = claim('p-scratch', { storageClassName: 'made' }, { metadata: { name: 'p-scratch', ownerReferences } });
    expect(where(cluster({ claims: [own] }), of)).toBe('a b');
  });
});
