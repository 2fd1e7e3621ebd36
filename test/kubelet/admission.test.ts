import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope } from '../../src/base/index.ts';
import type { Kubelet, Runtime } from '../../src/kubelet/index.ts';
import { EVENTS, NODES, PODS, type ContainerPort, type Pod, type PodSpec, type ResourceList } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { NODE, simulatedOn, startNode } from './node.ts';

let plane: ControlPlane;
let scope: Scope;
let runtime: Runtime;
let kubelet: Kubelet;

beforeEach(async () => {
  plane = await controlPlane();
  scope = new Scope('test');
  runtime = simulatedOn(plane);
  await begin();
});
afterEach(() => scope.close());

async function begin(): Promise<void> {
  kubelet = await startNode(plane, { scope, runtime, node: { ...NODE, capacity: { ...NODE.capacity, pods: '3' } } });
}

const create = (name: string, requests: ResourceList, spec: Partial<PodSpec> = {}) =>
  plane.client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1', resources: { requests } }], ...spec },
  });
const onPort = (hostPort: number, rest: Partial<ContainerPort> = {}): Partial<PodSpec> => ({
  containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80, hostPort, ...rest }] }],
});
const statusOf = async (name: string) => (await plane.client.get(PODS, name, 'default')).status ?? {};
const required = (key: string, value: string): Partial<PodSpec> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }],
      },
    },
  },
});

describe('a pod that names its node itself', () => {
  test.each<[string, ResourceList, Partial<PodSpec>, string, string]>([
    ['asks for too much', { cpu: '5' }, {}, 'OutOfcpu', `Node didn't have enough resource: cpu, requested: 5000, used: 1000, capacity: 4000`],
    ['asks for what others have', { cpu: '3500m' }, {}, 'OutOfcpu', `Node didn't have enough resource: cpu, requested: 3500, used: 1000, capacity: 4000`],
    ['wants other labels', {}, { nodeSelector: { zone: 'b' } }, 'NodeAffinity', `Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector`],
    ['wants another zone', {}, required('zone', 'b'), 'NodeAffinity', `Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector`],
    ['wants a port that another has', {}, onPort(80, { hostIP: '127.0.0.1' }), 'NodePorts', `Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports`],
  ])('is rejected where it %s', async (_, requests, spec, reason, why) => {
    const [first] = onPort(80).containers!;
    await create('first', {}, { containers: [{ ...first!, resources: { requests: { cpu: '1' } } }] });
    await plane.clock.settle();
    await create('a', requests, spec);
    await plane.clock.settle();
    const status = await statusOf('a');
    expect(status).toMatchObject({ phase: 'Failed', reason, message: `Pod was rejected: ${why}` });
    expect([status.startTime, status.containerStatuses]).toEqual([undefined, undefined]);
    const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
    expect(items.filter(({ involvedObject }) => involvedObject.name === 'a').map((event) => [event.type, event.reason, event.message])).toEqual([['Warning', reason, why]]);
    expect((await runtime.list()).map(({ sandbox }) => sandbox.name)).toEqual(['first']);
  }); // prettier-ignore

  test('is rejected where the node drives it out, and only then', async () => {
    const taints = [
      { key: 'a', effect: 'NoExecute' as const },
      { key: 'b', effect: 'NoSchedule' as const },
    ];
    await plane.trusted.patch({ kind: NODES, name: 'n1' }, { type: 'merge', patch: { spec: { taints } } });
    await create('a', {});
    await create('b', {}, { tolerations: [{ key: 'a', operator: 'Exists' }] });
    await plane.clock.settle();
    expect(await statusOf('a')).toMatchObject({
      reason: 'TaintToleration',
      message: 'Pod was rejected: Predicate TaintToleration failed: node(s) had untolerated taint(s)',
    });
    expect(await statusOf('b')).toMatchObject({ phase: 'Running' });
  });

  test.each<[string, ResourceList, Partial<PodSpec>]>([
    ['fits', { cpu: '4', memory: '8Gi' }, required('zone', 'a')],
    ['asks for a thing of which the node keeps no count', { 'example.com/key': '1' }, {}],
    ['wants the port of another on another address', {}, onPort(80, { hostIP: '127.0.0.2' })],
    ['wants the port of another protocol', {}, onPort(80, { protocol: 'UDP' })],
  ])('runs where it %s', async (_, requests, spec) => {
    await create('first', {}, onPort(80, { hostIP: '127.0.0.1' }));
    await plane.clock.settle();
    const [container = { name: 'web', image: 'web:1' }] = spec.containers ?? [];
    await create('a', {}, { ...spec, containers: [{ ...container, resources: { requests, limits: requests } }] });
    await plane.clock.settle();
    expect(await statusOf('a')).toMatchObject({ phase: 'Running' });
  });

  test('of two that come at once and do not fit together one runs', async () => {
    await Promise.all([create('a', { cpu: '3' }), create('b', { cpu: '3' })]);
    await plane.clock.settle();
    expect([(await statusOf('a')).phase, (await statusOf('b')).phase].toSorted()).toEqual(['Failed', 'Running']);
  });

  test('is one too many on a node that has as many as it may', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name, {});
    await plane.clock.settle();
    const reasons = await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => (await statusOf(name)).reason));
    expect(reasons).toEqual([undefined, undefined, undefined, 'OutOfpods']);
  });

  test('that runs is not looked at again when the node comes back', async () => {
    for (const name of ['a', 'b', 'c']) await create(name, { cpu: '1' });
    await plane.clock.settle();
    await kubelet.detach();
    await begin();
    await plane.clock.settle();
    for (const name of ['a', 'b', 'c']) expect(await statusOf(name)).toMatchObject({ phase: 'Running' });
  });

  test('that was rejected stays as it is, and can be deleted', async () => {
    await create('a', { cpu: '5' });
    await plane.clock.settle();
    const { metadata } = await plane.client.get(PODS, 'a', 'default');
    await plane.clock.advance(120_000);
    expect((await plane.client.get(PODS, 'a', 'default')).metadata.resourceVersion).toBe(metadata.resourceVersion);
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.settle();
    await expect(plane.client.get(PODS, 'a', 'default')).rejects.toThrow('not found');
  });
});

/** As a scheduler chooses it. */
async function bound(name: string, requests: ResourceList, spec: Partial<PodSpec> = {}): Promise<void> {
  await create(name, requests, { nodeName: '', ...spec });
  await plane.client.post(
    { kind: PODS, name, namespace: 'default', subresource: 'binding' },
    {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace: 'default' },
      target: { kind: 'Node', name: 'n1' },
    },
  );
  await plane.clock.settle();
}

test('a pod for which a scheduler has chosen the node is taken on', async () => {
  await create('first', { cpu: '3' });
  await bound('a', { cpu: '3' });
  expect(await statusOf('a')).toMatchObject({ phase: 'Running' });
});

describe('a pod for which a scheduler has chosen the node', () => {
  const sysctls = (...names: string[]): Partial<PodSpec> => ({ securityContext: { sysctls: names.map((name) => ({ name, value: '1' })) } });

  test.each<[string, Partial<PodSpec>, string, string]>([
    ['changes what is not its own', sysctls('net.ipv4.tcp_rmem', 'kernel.msgmax'), 'SysctlForbidden', 'forbidden sysctl: "kernel.msgmax" not allowlisted'],
    ['is for another system', { os: { name: 'windows' } }, 'PodOSNotSupported', `Failed to admit pod as the OS field doesn't match node OS`],
  ])('is rejected where it %s', async (_, spec, reason, why) => {
    await bound('a', {}, spec);
    const status = await statusOf('a');
    expect(status).toMatchObject({ phase: 'Failed', reason, message: `Pod was rejected: ${why}` });
    expect([status.startTime, status.containerStatuses]).toEqual([undefined, undefined]);
    const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
    expect(items).toEqual([expect.objectContaining({ type: 'Warning', reason, message: why })]);
  }); // prettier-ignore

  test('has what it may change', async () => {
    await bound('a', {}, sysctls('kernel.shm_rmid_forced', 'net/ipv4/tcp_syncookies'));
    expect(await statusOf('a')).toMatchObject({ phase: 'Running' });
  });
});
