import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openScopes } from '../../src/base/index.ts';
import {
  DEPLOYMENTS,
  ENDPOINTS,
  EVENTS,
  formatMicroTime,
  LEASES,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  POD_DISRUPTION_BUDGETS,
  PODS,
  RESOURCE_QUOTAS,
  SERVICES,
  STORAGE_CLASSES,
  type Node,
  type NodeStatus,
  type Pod,
} from '../../src/model/index.ts';
import { deployment, pod, service } from '../tools/manifests.ts';
import { simulate, type Simulation } from './simulation.ts';

let simulation: Simulation;
beforeEach(async () => {
  simulation = await simulate(1);
});
afterEach(async () => {
  await simulation.scope.close();
  expect(openScopes()).toEqual([]);
});

const client = () => simulation.cluster.client;
const until = (done: () => Promise<boolean>, limit = 120_000) => simulation.clock.advanceUntil(done, limit);
const pods = async () => (await client().list(PODS, { namespace: 'default' })).items;
const isReady = ({ status }: Pod | Node) => status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
const events = async () => (await client().list(EVENTS)).items.map(({ reason, message }) => `${reason}: ${message}`);

/** A machine that says nothing: nobody renews its lease. */
async function strange(name: string): Promise<void> {
  const time = '2026-01-01T00:00:00Z';
  const conditions = [
    { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: time, lastTransitionTime: time } as const,
  ];
  const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
  const node = await client().create(NODES, { apiVersion: 'v1', kind: 'Node', metadata, spec: {} });
  const room = { cpu: '32', memory: '256Gi', pods: '110' };
  await client().updateStatus(NODES, { ...node, status: { capacity: room, allocatable: room, conditions } });
  await renew(name);
}

async function renew(name: string): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(simulation.clock.now()) };
  await client().apply(
    LEASES,
    { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'kube-node-lease' }, spec },
    { force: true },
  );
}

const taintsOf = async (name: string) => (await client().get(NODES, name)).spec?.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [];

describe('a node that falls silent', () => {
  test('is unknown after 50 s, and its pods leave after their 300 s', async () => {
    await strange('far');
    const { spec, ...rest } = pod('guest', {
      nodeName: 'far',
      tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
    });
    await client().create(PODS, { ...rest, spec });
    await simulation.clock.advance(45_000);
    expect(isReady(await client().get(NODES, 'far'))).toBe(true);
    await simulation.clock.advance(10_000);
    const ready = (await client().get(NODES, 'far')).status!.conditions!.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' });
    expect(await taintsOf('far')).toEqual(['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute']);
    expect(await events()).toContain('NodeNotReady: Node far status is now: NodeNotReady');
    await simulation.clock.advance(290_000);
    expect((await client().get(PODS, 'guest', 'default')).metadata.deletionTimestamp).toBeUndefined();
    await simulation.clock.advance(20_000);
    const guest = await client().get(PODS, 'guest', 'default');
    expect(guest.metadata.deletionTimestamp).toBeDefined();
    expect(guest.status!.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
    );
  });

  test('is not given up while it renews its lease', async () => {
    await strange('far');
    for (let minute = 0; minute < 5; minute++) {
      await simulation.clock.advance(40_000);
      await renew('far');
    }
    expect(isReady(await client().get(NODES, 'far'))).toBe(true);
    expect(await taintsOf('far')).toEqual([]);
  });

  test('loses its taints when it speaks again', async () => {
    await strange('far');
    await simulation.clock.advance(70_000);
    expect(await taintsOf('far')).toHaveLength(2);
    await renew('far');
    const node = await client().get(NODES, 'far');
    const conditions = node.status!.conditions!.map((condition) =>
      condition.type === 'Ready' ? { ...condition, status: 'True' as const } : condition,
    );
    await client().updateStatus(NODES, { ...node, status: { ...node.status, conditions } });
    await simulation.clock.advance(1_000);
    expect(await taintsOf('far')).toEqual([]);
  });

  test('is well again when its kubelet finds itself given up', async () => {
    const node = await client().get(NODES, 'node-0');
    const conditions = node.status!.conditions!.map((condition) => ({ ...condition, status: 'Unknown' as const }));
    await client().updateStatus(NODES, { ...node, status: { ...node.status, conditions } });
    await simulation.clock.advance(1_000);
    expect(await taintsOf('node-0')).toContain('node.kubernetes.io/unreachable:NoSchedule');
    await simulation.clock.advance(15_000);
    expect(isReady(await client().get(NODES, 'node-0'))).toBe(true);
    expect(await taintsOf('node-0')).toEqual([]);
  });

  test('that is deleted takes its pods with it after 40 s', async () => {
    await strange('far');
    await client().create(PODS, pod('guest', { nodeName: 'far' }));
    await client().delete({ kind: NODES, name: 'far' });
    await simulation.clock.advance(39_000);
    await client().get(PODS, 'guest', 'default');
    await simulation.clock.advance(2_000);
    await expect(client().get(PODS, 'guest', 'default')).rejects.toThrow('not found');
  });
});

describe('a simulated node', () => {
  const FAKE = 'kwok.x-k8s.io/node';
  const mark = (name: string, value: 'fake' | null) =>
    client().patch({ kind: NODES, name }, { type: 'merge', patch: { metadata: { annotations: { [FAKE]: value } } } });
  const make = (name: string, status: NodeStatus = {}) =>
    client().create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, annotations: { [FAKE]: 'fake' } }, status });

  test('comes with a manifest that is annotated as for KWOK, as large as that says, and takes pods', async () => {
    await make('small', { allocatable: { cpu: '2' } });
    await make('usual');
    await until(async () => (await events()).includes('RegisteredNode: Node usual event: Registered Node usual in Controller'));
    expect((await client().get(NODES, 'small')).status!.allocatable).toMatchObject({ cpu: '2', memory: '256Gi', pods: '110' });
    expect((await client().get(NODES, 'usual')).status!.allocatable).toMatchObject({ cpu: '32', memory: '256Gi', pods: '110' });
    await client().create(PODS, pod('guest', { nodeSelector: { 'kubernetes.io/hostname': 'small' } }));
    await until(async () => (await pods()).every(isReady));
    await simulation.clock.advance(120_000);
    expect(isReady(await client().get(NODES, 'small'))).toBe(true);
  });

  test('is of the architecture that its manifest says', async () => {
    const labels = { 'kubernetes.io/arch': 'riscv64', 'kubernetes.io/hostname': 'other' };
    await client().create(NODES, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'strange', labels, annotations: { [FAKE]: 'fake' } },
    });
    await until(async () => isReady(await client().get(NODES, 'strange')));
    expect((await client().get(NODES, 'strange')).metadata.labels).toEqual({ ...labels, 'kubernetes.io/os': 'linux' });
  });

  test('falls silent when its annotation is taken away, and its pods move', async () => {
    await client().create(DEPLOYMENTS, deployment('web', { replicas: 6 }));
    await until(async () => (await pods()).filter(isReady).length === 6);
    const lost = (await pods()).filter(({ spec }) => spec.nodeName === 'node-1').map(({ metadata }) => metadata.name);
    expect(lost).not.toEqual([]);
    await mark('node-1', null);
    await until(async () => !isReady(await client().get(NODES, 'node-1')));
    await until(async () => (await pods()).filter((each) => isReady(each) && each.spec.nodeName !== 'node-1').length === 6, 400_000);
    const leaving = (await pods()).filter(({ metadata }) => metadata.deletionTimestamp).map(({ metadata }) => metadata.name);
    expect(leaving.toSorted()).toEqual(lost.toSorted());

    await mark('node-1', 'fake');
    await until(async () => isReady(await client().get(NODES, 'node-1')));
    await until(async () => (await pods()).length === 6);
  });

  test('starts its containers as late as a pod says', async () => {
    await client().create(PODS, { ...pod('slow'), metadata: { name: 'slow', annotations: { 'slipway.dev/start-after': '30s' } } });
    await simulation.clock.advance(29_000);
    expect((await pods()).some(isReady)).toBe(false);
    await simulation.clock.advance(3_000);
    expect((await pods()).every(isReady)).toBe(true);
  });

  test('has pods that are ready when their probes could have passed', async () => {
    const probe = (initialDelaySeconds: number, successThreshold = 1) => ({
      tcpSocket: { port: 80 },
      initialDelaySeconds,
      periodSeconds: 5,
      successThreshold,
    });
    await client().create(
      PODS,
      pod('late', { containers: [{ name: 'c', image: 'x', startupProbe: probe(10), readinessProbe: probe(4, 3) }] }),
    );
    const container = async () => (await client().get(PODS, 'late', 'default')).status?.containerStatuses?.[0];
    await until(async () => (await container())?.state?.running !== undefined);
    expect(await container()).toMatchObject({ started: false, ready: false });
    await simulation.clock.advance(11_000);
    expect(await container()).toMatchObject({ started: true, ready: false });
    await simulation.clock.advance(8_000);
    expect((await container())?.ready).toBe(false);
    await simulation.clock.advance(2_000);
    expect(await container()).toMatchObject({ started: true, ready: true, restartCount: 0 });
  });

  test('is gone when it is deleted, and what ran there with it', async () => {
    await make('extra');
    await until(async () => isReady(await client().get(NODES, 'extra')));
    await client().create(PODS, pod('guest', { nodeName: 'extra' }));
    await until(async () => (await pods()).every(isReady));
    await client().delete({ kind: NODES, name: 'extra' });
    await until(async () => (await pods()).length === 0);
    await simulation.clock.advance(60_000);
    expect((await client().list(NODES)).items.map(({ metadata }) => metadata.name)).toEqual(['node-0', 'node-1', 'node-2']);
    expect(await simulation.runtime.list()).toEqual([]);
    expect(await events()).toContain('RemovingNode: Node extra event: Removing Node extra from Controller');
  });
});

test('a cordoned node has the taint that keeps new pods away, until it is uncordoned', async () => {
  const cordon = (unschedulable: boolean | null) =>
    client().patch({ kind: NODES, name: 'node-0' }, { type: 'merge', patch: { spec: { unschedulable } } });
  await cordon(true);
  await simulation.clock.advance(1_000);
  expect(await taintsOf('node-0')).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']);
  await cordon(null);
  await simulation.clock.advance(1_000);
  expect(await taintsOf('node-0')).toEqual([]);
});

test('a NoExecute taint drives out at once what does not tolerate it', async () => {
  await client().create(DEPLOYMENTS, deployment('web', { replicas: 6 }));
  await until(async () => (await pods()).filter(isReady).length === 6);
  await client().patch(
    { kind: NODES, name: 'node-0' },
    { type: 'merge', patch: { spec: { taints: [{ key: 'broken', effect: 'NoExecute' }] } } },
  );
  await until(async () => (await pods()).filter(isReady).length === 6 && (await pods()).every(({ spec }) => spec.nodeName !== 'node-0'));
});

test('a budget counts how many of its pods may go', async () => {
  await client().create(POD_DISRUPTION_BUDGETS, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'default' },
    spec: { maxUnavailable: '25%', selector: { matchLabels: { app: 'web' } } },
  });
  await client().create(DEPLOYMENTS, deployment('web', { replicas: 6 }));
  const budget = async () => (await client().get(POD_DISRUPTION_BUDGETS, 'web', 'default')).status;
  await until(async () => (await pods()).filter(isReady).length === 6);
  await simulation.clock.advance(1_000);
  expect(await budget()).toMatchObject({
    expectedPods: 6,
    desiredHealthy: 4,
    currentHealthy: 6,
    disruptionsAllowed: 2,
    observedGeneration: 1,
  });
  expect((await budget())!.conditions).toEqual([
    expect.objectContaining({ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }),
  ]);
});

test('a claim of the default class is bound once a pod uses it, and its volume goes with it', async () => {
  expect((await client().list(STORAGE_CLASSES)).items.map(({ metadata }) => metadata.name)).toEqual(['local-path']);
  const spec = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } };
  await client().create(PERSISTENT_VOLUME_CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec,
  });
  const claim = () => client().get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default');
  await simulation.clock.advance(1_000);
  expect((await claim()).status?.phase).toBe('Pending');
  expect(await events()).toContain('WaitForFirstConsumer: waiting for first consumer to be created before binding');
  await client().create(PODS, pod('user', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }));
  await until(async () => (await claim()).status?.phase === 'Bound');
  const volume = `pvc-${(await claim()).metadata.uid}`;
  expect(await claim()).toMatchObject({
    spec: { volumeName: volume, storageClassName: 'local-path' },
    status: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
    metadata: { annotations: { 'volume.kubernetes.io/storage-provisioner': 'slipway.dev/local-path' } },
  });
  expect(await client().get(PERSISTENT_VOLUMES, volume)).toMatchObject({
    spec: { claimRef: { name: 'data' }, hostPath: { path: `/volumes/${volume}` } },
    status: { phase: 'Bound' },
  });
  await client().delete({ kind: PODS, name: 'user', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await client().delete({ kind: PERSISTENT_VOLUME_CLAIMS, name: 'data', namespace: 'default' });
  await until(async () => (await client().list(PERSISTENT_VOLUMES)).items.length === 0);
});

test("a claim of somebody else's class is marked for its provisioner, and waits", async () => {
  await client().create(STORAGE_CLASSES, {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'remote' },
    provisioner: 'example.com/disks',
    volumeBindingMode: 'Immediate',
  });
  await client().create(PERSISTENT_VOLUME_CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: { storageClassName: 'remote', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await simulation.clock.advance(1_000);
  expect(await client().get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default')).toMatchObject({
    metadata: {
      annotations: {
        'volume.kubernetes.io/storage-provisioner': 'example.com/disks',
        'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disks',
      },
    },
    status: { phase: 'Pending' },
  });
  expect((await events()).filter((event) => event.startsWith('ExternalProvisioning'))).toHaveLength(1);
});

test('Services have Endpoints beside their slices, and a balanced one an address', async () => {
  await client().create(SERVICES, service('web', { type: 'LoadBalancer' }));
  await client().create(DEPLOYMENTS, deployment('web', { replicas: 2 }));
  await until(async () => (await pods()).filter(isReady).length === 2);
  await simulation.clock.advance(1_000);
  const { metadata, subsets } = await client().get(ENDPOINTS, 'web', 'default');
  expect(metadata.labels).toEqual({ 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
  const addresses = (await pods()).map(({ status }) => status!.podIP!).toSorted();
  expect(subsets).toEqual([
    { addresses: addresses.map((ip) => expect.objectContaining({ ip }) as unknown), ports: [{ port: 80, protocol: 'TCP' }] },
  ]);
  const balanced = await client().get(SERVICES, 'web', 'default');
  expect(await events()).toEqual(
    expect.arrayContaining(['EnsuringLoadBalancer: Ensuring load balancer', 'EnsuredLoadBalancer: Ensured load balancer']),
  );
  const node = await client().get(NODES, 'node-0');
  expect(balanced.status?.loadBalancer?.ingress?.[0]?.ip).toBe(node.status!.addresses!.find(({ type }) => type === 'InternalIP')!.address);
  await client().delete({ kind: SERVICES, name: 'web', namespace: 'default' });
  await until(async () => (await client().list(ENDPOINTS, { namespace: 'default' })).items.every((each) => each.metadata.name !== 'web'));
});

test('a quota says how much of it is used', async () => {
  const hard = { pods: '10', 'requests.cpu': '2', 'count/deployments.apps': '5', services: '3' };
  await client().create(RESOURCE_QUOTAS, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'all', namespace: 'default' },
    spec: { hard },
  });
  await client().create(SERVICES, service('web'));
  const containers = [{ name: 'c', image: 'x', resources: { requests: { cpu: '250m' } } }];
  await client().create(
    DEPLOYMENTS,
    deployment('web', { replicas: 2, template: { metadata: { labels: { app: 'web' } }, spec: { containers } } }),
  );
  await until(async () => (await pods()).filter(isReady).length === 2);
  const { status } = await client().get(RESOURCE_QUOTAS, 'all', 'default');
  const services = (await client().list(SERVICES, { namespace: 'default' })).items.length;
  expect(status).toEqual({ hard, used: { pods: '2', 'requests.cpu': '500m', 'count/deployments.apps': '1', services: String(services) } });
  await client().delete({ kind: DEPLOYMENTS, name: 'web', namespace: 'default' }, { propagation: 'Background' });
  await until(async () => (await client().get(RESOURCE_QUOTAS, 'all', 'default')).status?.used?.['pods'] === '0');
});

test('a claim that is in use stays until its last pod is gone', async () => {
  const spec = { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } } };
  await client().create(PERSISTENT_VOLUME_CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec,
  });
  await client().create(PODS, pod('user', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] }));
  const claim = () => client().get(PERSISTENT_VOLUME_CLAIMS, 'data', 'default');
  await until(async () => (await pods()).some(isReady));
  await client().delete({ kind: PERSISTENT_VOLUME_CLAIMS, name: 'data', namespace: 'default' });
  await simulation.clock.advance(60_000);
  expect((await claim()).metadata).toMatchObject({
    finalizers: ['kubernetes.io/pvc-protection'],
    deletionTimestamp: expect.any(String) as unknown,
  });
  await client().delete({ kind: PODS, name: 'user', namespace: 'default' }, { gracePeriodSeconds: 0 });
  await until(async () => (await client().list(PERSISTENT_VOLUME_CLAIMS)).items.length === 0);
});

test('a volume that is deleted while a claim has it goes with the claim, and keeps what others wrote into its status', async () => {
  await client().create(PERSISTENT_VOLUMES, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'disk' },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'manual',
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: '/disk' },
    },
  });
  await client().create(PERSISTENT_VOLUME_CLAIMS, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'manual', resources: { requests: { storage: '1Gi' } } },
  });
  const volume = () => client().get(PERSISTENT_VOLUMES, 'disk');
  await until(async () => (await volume()).status?.phase === 'Bound');
  const bound = await volume();
  await client().updateStatus(PERSISTENT_VOLUMES, { ...bound, status: { ...bound.status, message: 'checked' } });
  await client().delete({ kind: PERSISTENT_VOLUMES, name: 'disk' });
  await simulation.clock.advance(60_000);
  expect(await volume()).toMatchObject({
    metadata: { finalizers: ['kubernetes.io/pv-protection'], deletionTimestamp: expect.any(String) as unknown },
    status: { phase: 'Bound', message: 'checked' },
  });
  await client().delete({ kind: PERSISTENT_VOLUME_CLAIMS, name: 'data', namespace: 'default' });
  await until(async () => (await client().list(PERSISTENT_VOLUMES)).items.length === 0);
});
