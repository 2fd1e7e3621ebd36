import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope, seededRandom } from '../../src/base/index.ts';
import { simulatedRuntime, type Kubelet, type NodeSpec, type Room, type Runtime } from '../../src/kubelet/index.ts';
import {
  CONFIG_MAPS,
  EVENTS,
  formatTime,
  LEASES,
  NAMESPACES,
  NODES,
  PODS,
  type Container,
  type Pod,
  type PodSpec,
} from '../../src/model/index.ts';
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
  kubelet = await start();
});
afterEach(() => scope.close());

function start(node: NodeSpec = NODE, room?: () => Promise<Room>): Promise<Kubelet> {
  return startNode(plane, { scope, runtime, node, room });
}

function pod(name: string, spec: Partial<PodSpec> = {}, annotations: Record<string, string> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', annotations },
    spec: { nodeName: 'n1', containers: [container('web')], ...spec },
  };
}

function container(name: string, rest: Partial<Container> = {}): Container {
  return { name, image: 'web:1', ...rest };
}

const get = (name: string) => plane.client.get(PODS, name, 'default');
const summary = async (name: string) => {
  const { status } = await get(name);
  return {
    phase: status?.phase,
    ready: status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    state:
      Object.values(status?.containerStatuses?.[0]?.state ?? {})[0]?.reason ?? Object.keys(status?.containerStatuses?.[0]?.state ?? {})[0],
    restarts: status?.containerStatuses?.[0]?.restartCount,
  };
};
const eventsOf = async (name: string) =>
  (await plane.client.list(EVENTS, { namespace: 'default' })).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

describe('a pod whose containers start', () => {
  const states = () => {
    const seen: string[] = [];
    plane.client.informer(PODS).follow(({ after }) => {
      const state = after?.status?.containerStatuses?.[0]?.state;
      if (state) seen.push(state.waiting?.reason ?? Object.keys(state)[0]!);
    });
    return seen;
  };

  test('at once is reported once', async () => {
    const seen = states();
    await plane.client.create(PODS, pod('web'));
    await plane.clock.settle();
    expect(seen).toEqual(['running']);
  });

  test('after a while is seen to be created', async () => {
    await scope.close();
    scope = new Scope('slow');
    runtime = simulatedRuntime({ clock: plane.clock, random: seededRandom(2), startDelayMs: 500 });
    await start();
    const seen = states();
    await plane.client.create(PODS, pod('web'));
    await plane.clock.advance(1000);
    expect(seen).toEqual(['ContainerCreating', 'running']);
  });

  test('as late as it says is seen to be created, and keeps no other from starting', async () => {
    const seen = states();
    for (let n = 0; n < 20; n++) await plane.client.create(PODS, pod(`slow-${n}`, {}, { 'slipway.dev/start-after': '1m' }));
    await plane.clock.settle();
    expect(seen).toEqual(Array(20).fill('ContainerCreating'));
    await plane.client.create(PODS, pod('fast'));
    await plane.clock.settle();
    expect(await summary('fast')).toMatchObject({ phase: 'Running' });
    await plane.clock.advance(60_000);
    expect(await summary('slow-19')).toMatchObject({ phase: 'Running', restarts: 0 });
  });

  test('late need not start before it can be deleted', async () => {
    await plane.client.create(PODS, pod('slow', {}, { 'slipway.dev/start-after': '1h' }));
    await plane.clock.settle();
    await plane.client.delete({ kind: PODS, name: 'slow', namespace: 'default' });
    await plane.clock.settle();
    await expect(get('slow')).rejects.toThrow('not found');
    await plane.clock.advance(3_700_000);
    expect(await runtime.list()).toEqual([]);
    expect(await eventsOf('slow')).toEqual([]);
  });
});

describe('a node', () => {
  test('is registered with what it has, and ready', async () => {
    const node = await plane.client.get(NODES, 'n1');
    expect(node.metadata.labels).toMatchObject({ zone: 'a', 'kubernetes.io/hostname': 'n1', 'kubernetes.io/os': 'linux' });
    expect(node.status?.allocatable).toEqual(NODE.capacity);
    expect(node.status?.conditions?.map(({ type, status, reason }) => `${type}=${status} ${reason}`)).toEqual([
      'MemoryPressure=False KubeletHasSufficientMemory',
      'DiskPressure=False KubeletHasNoDiskPressure',
      'PIDPressure=False KubeletHasSufficientPID',
      'Ready=True KubeletReady',
    ]);
    expect(node.status?.nodeInfo).toMatchObject({ kubeletVersion: 'v1.36.0+slipway', containerRuntimeVersion: 'simulated://0.1' });
  });

  test('that comes back as it was is not written again', async () => {
    const before = await plane.client.get(NODES, 'n1');
    await kubelet.detach();
    await plane.clock.advance(60_000);
    await start();
    expect((await plane.client.get(NODES, 'n1')).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });
});

test('a node from which new pods are kept says so once, and once that they may come again', async () => {
  const cordon = (unschedulable: boolean | null) =>
    plane.client.patch({ kind: NODES, name: 'n1' }, { type: 'merge', patch: { spec: { unschedulable }, metadata: { labels: { a: `${unschedulable}` } } } });
  for (const unschedulable of [true, true, null]) await cordon(unschedulable);
  await plane.clock.settle();
  expect(await eventsOf('n1')).toEqual([
    'NodeNotSchedulable: Node n1 status is now: NodeNotSchedulable',
    'NodeSchedulable: Node n1 status is now: NodeSchedulable',
  ]);
}); // prettier-ignore

describe('a node that somebody deletes', () => {
  test('is registered again with its labels, at its next look', async () => {
    await plane.client.delete({ kind: NODES, name: 'n1' });
    await plane.clock.advance(9000);
    await expect(plane.client.get(NODES, 'n1')).rejects.toThrow('not found');
    await plane.clock.advance(1000);
    expect((await plane.client.get(NODES, 'n1')).metadata.labels).toMatchObject({ zone: 'a', 'kubernetes.io/hostname': 'n1' });
  });
});

describe('the lease of a node', () => {
  const lease = () => plane.client.get(LEASES, 'n1', 'kube-node-lease');

  beforeEach(async () => {
    await plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } });
    await plane.clock.advance(10_000);
  });

  test('belongs to it, and is renewed every ten seconds', async () => {
    const node = await plane.client.get(NODES, 'n1');
    expect(await lease()).toMatchObject({
      metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: node.metadata.uid }] },
      spec: { holderIdentity: 'n1', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:10.000000Z' },
    });
    await plane.clock.advance(10_000);
    expect((await lease()).spec?.renewTime).toBe('2026-01-01T00:00:20.000000Z');
  });

  test('is renewed no more when the kubelet has gone', async () => {
    await kubelet.detach();
    await plane.clock.advance(60_000);
    expect((await lease()).spec?.renewTime).toBe('2026-01-01T00:00:10.000000Z');
  });
});

describe('a pod', () => {
  test('runs, has an address and is ready', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    const { status } = await get('a');
    expect(status).toMatchObject({
      phase: 'Running',
      hostIP: '127.0.0.1',
      podIP: expect.stringMatching(/^10\./),
      startTime: '2026-01-01T00:00:00Z',
    });
    expect(status?.containerStatuses).toMatchObject([
      {
        name: 'web',
        image: 'web:1',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      },
    ]);
    expect(await eventsOf('a')).toEqual(['Created: Container created', 'Started: Container started']);
  });

  test('of another node is left alone', async () => {
    await plane.client.create(PODS, pod('a', { nodeName: 'n2' }));
    await plane.clock.settle();
    expect(await runtime.list()).toEqual([]);
  });

  test('that was reported is not written again while nothing happens', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    const { revision } = plane.store;
    await plane.clock.advance(3_600_000);
    expect(plane.store.revision).toBe(revision);
  });

  test('that is deleted has its grace, and goes when its container has ended', async () => {
    await plane.client.create(PODS, pod('a', { terminationGracePeriodSeconds: 20 }, { 'slipway.dev/stop-after': '5s' }));
    await plane.clock.settle();
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.advance(4900);
    expect(await summary('a')).toMatchObject({ phase: 'Running', state: 'running' });
    await plane.clock.advance(200);
    await expect(get('a')).rejects.toThrow('not found');
    expect(await runtime.list()).toEqual([]);
    expect(await eventsOf('a')).toContain('Killing: Stopping container web');
  });

  test('whose containers end at once when it is deleted is reported once, as ended', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    const seen: string[] = [];
    plane.client.informer(PODS).follow(({ after }) => {
      const [status] = after?.status?.containerStatuses ?? [];
      seen.push(
        after ? `${after.metadata.generation} ${after.status?.observedGeneration} ${Object.keys(status?.state ?? {}).join()}` : 'gone',
      );
    });
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.settle();
    expect(seen).toEqual(['2 1 running', '2 2 terminated', 'gone']);
  });

  test('that has a deadline ends at it', async () => {
    await plane.client.create(PODS, pod('a', { activeDeadlineSeconds: 30 }));
    await plane.clock.advance(29_000);
    expect(await summary('a')).toMatchObject({ phase: 'Running' });
    await plane.clock.advance(2_000);
    expect(await summary('a')).toMatchObject({ phase: 'Failed', state: 'Error' });
  });

  test('is looked at again only when something other than its report has changed', async () => {
    let looks = 0;
    const { list } = runtime;
    runtime.list = (uid) => {
      looks++;
      return list.call(runtime, uid);
    };
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    const begun = looks;
    const reported = await get('a');
    const { status } = reported;
    await plane.trusted.updateStatus(PODS, { ...reported, status: { ...status, phase: 'Unknown' } });
    await plane.clock.settle();
    expect((await get('a')).status).toEqual(status);
    expect(looks - begun).toBe(1);
  });

  test('that does not obey is killed when its grace is over', async () => {
    await plane.client.create(PODS, pod('a', { terminationGracePeriodSeconds: 20 }, { 'slipway.dev/stop-after': '1h' }));
    await plane.clock.settle();
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.advance(19_000);
    await get('a');
    await plane.clock.advance(2000);
    await expect(get('a')).rejects.toThrow('not found');
  });

  test('that is deleted by force goes with its containers', async () => {
    await plane.client.create(PODS, pod('a', {}, { 'slipway.dev/stop-after': '1h' }));
    await plane.clock.settle();
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' }, { gracePeriodSeconds: 0 });
    await plane.clock.advance(3000);
    expect(await runtime.list()).toEqual([]);
  });

  test('whose sidecar wants something done before its end begins with it at once', async () => {
    const lifecycle = { preStop: { sleep: { seconds: 5 } } };
    const spec = { initContainers: [container('mesh', { restartPolicy: 'Always' as const, lifecycle })], containers: [container('web')] };
    await plane.client.create(PODS, pod('a', spec, { 'slipway.dev/stop-after.web': '3s' }));
    await plane.clock.advance(1000);
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.advance(4900);
    expect((await get('a')).status?.containerStatuses?.[0]?.state).toHaveProperty('terminated');
    expect((await get('a')).status?.initContainerStatuses?.[0]?.state).toHaveProperty('running');
    await plane.clock.advance(200);
    await expect(get('a')).rejects.toThrow('not found');
    const killed = (await eventsOf('a')).filter((text) => text.startsWith('Killing'));
    expect(killed).toEqual(['Killing: Stopping container web', 'Killing: Stopping container mesh']);
  });

  test('that crashes is restarted at once, then ever later', async () => {
    await plane.client.create(PODS, pod('a', {}, { 'slipway.dev/run-for': '1s', 'slipway.dev/exit-code': '1' }));
    await plane.clock.advance(1000);
    expect(await summary('a')).toEqual({ phase: 'Running', ready: 'True', state: 'running', restarts: 1 });
    await plane.clock.advance(1000);
    expect(await summary('a')).toEqual({ phase: 'Running', ready: 'False', state: 'CrashLoopBackOff', restarts: 1 });
    expect((await get('a')).status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(
      /^back-off 10s restarting failed container=web pod=a_default\(/,
    );
    await plane.clock.advance(9900);
    expect(await summary('a')).toMatchObject({ restarts: 1 });
    await plane.clock.advance(200);
    expect(await summary('a')).toMatchObject({ state: 'running', restarts: 2 });
    await plane.clock.advance(1000);
    expect((await get('a')).status?.containerStatuses?.[0]?.state?.waiting?.message).toMatch(/^back-off 20s /);
    expect((await get('a')).status?.containerStatuses?.[0]?.lastState).toMatchObject({ terminated: { exitCode: 1, reason: 'Error' } });
    const told = (await plane.client.list(EVENTS, { namespace: 'default' })).items.filter(({ reason }) => reason === 'BackOff');
    expect(told).toMatchObject([{ involvedObject: { name: 'a', fieldPath: 'spec.containers{web}' } }]);
  });

  test('that asks for what is no image says so', async () => {
    await plane.client.create(PODS, pod('a', { containers: [container('web', { image: 'Not:An:Image' })] }));
    await plane.clock.settle();
    expect(await summary('a')).toMatchObject({ phase: 'Pending', state: 'InvalidImageName' });
  });

  test('whose image cannot be had says so, and runs once it can', async () => {
    await plane.client.create(
      PODS,
      pod('a', { containers: [container('web'), container('db')] }, { 'slipway.dev/pull-error.web': 'manifest unknown' }),
    );
    await plane.clock.advance(1500);
    const states = async () => (await get('a')).status?.containerStatuses?.map(({ state = {} }) => state.waiting?.reason ?? 'running');
    expect(await states()).toEqual(['running', 'ErrImagePull']);
    await plane.clock.advance(1000);
    expect(await states()).toEqual(['running', 'ImagePullBackOff']);
    expect(await eventsOf('a')).toContain('Failed: Failed to pull image "web:1": manifest unknown');
    const annotations = { 'slipway.dev/pull-error.web': null };
    await plane.client.patch({ kind: PODS, name: 'a', namespace: 'default' }, { type: 'merge', patch: { metadata: { annotations } } });
    await plane.clock.advance(10_000);
    expect(await states()).toEqual(['running', 'running']);
  });

  test.each([
    [0, 'Succeeded', 'Completed'],
    [3, 'Failed', 'Error'],
  ])('that never restarts and ends with %i has %s', async (code, phase, state) => {
    await plane.client.create(
      PODS,
      pod('a', { restartPolicy: 'Never' }, { 'slipway.dev/run-for': '5s', 'slipway.dev/exit-code': String(code) }),
    );
    await plane.clock.advance(6000);
    expect(await summary('a')).toEqual({ phase, ready: 'False', state, restarts: 0 });
  });

  test('one of whose containers asks for it begins anew with all of them', async () => {
    const rule = { action: 'RestartAllContainers', exitCodes: { operator: 'In' as const, values: [42] } };
    const spec: Partial<PodSpec> = {
      restartPolicy: 'Never',
      initContainers: [container('init')],
      containers: [container('web', { restartPolicy: 'Never', restartPolicyRules: [rule] }), container('db')],
    };
    await plane.client.create(PODS, pod('a', spec, { 'slipway.dev/run-for.web': '4s', 'slipway.dev/exit-code.web': '42' }));
    const counts = async () => {
      const { initContainerStatuses = [], containerStatuses = [], phase } = (await get('a')).status ?? {};
      return [phase, ...[...initContainerStatuses, ...containerStatuses].map(({ name, restartCount }) => `${name} ${restartCount}`)];
    };
    await plane.clock.advance(3900);
    expect(await counts()).toEqual(['Running', 'init 0', 'db 0', 'web 0']);
    await plane.clock.advance(200);
    expect(await counts()).toEqual(['Running', 'init 1', 'db 1', 'web 1']);
    expect((await get('a')).status?.containerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
    expect(await eventsOf('a')).toContain('Killing: Container db is restarted with all containers of its pod');
  });

  test('runs its init containers one after another before the others', async () => {
    await plane.client.create(
      PODS,
      pod(
        'a',
        { initContainers: [container('one'), container('two')] },
        { 'slipway.dev/run-for.one': '2s', 'slipway.dev/run-for.two': '3s' },
      ),
    );
    await plane.clock.advance(1000);
    expect((await get('a')).status).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ state: { running: {} } }, { state: { waiting: { reason: 'PodInitializing' } } }],
    });
    await plane.clock.advance(2000);
    expect((await get('a')).status).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ ready: true, state: { terminated: { reason: 'Completed' } } }, { state: { running: {} } }],
    });
    await plane.clock.advance(2100);
    expect(await summary('a')).toMatchObject({ phase: 'Running', ready: 'True' });
  });

  test('passes init containers of which nothing is said', async () => {
    const initContainers = [container('one'), container('proxy', { restartPolicy: 'Always' })];
    await plane.client.create(PODS, pod('a', { initContainers }));
    await plane.clock.settle();
    expect(await summary('a')).toMatchObject({ phase: 'Running', ready: 'True', state: 'running' });
    expect((await get('a')).status?.initContainerStatuses).toMatchObject([
      { ready: true, state: { terminated: { reason: 'Completed' } } },
      { ready: true, started: true, state: { running: {} } },
    ]);
  });

  test.each([
    ['ends well', {}, 'Succeeded'],
    ['ends as it is said to', { 'slipway.dev/exit-code': '3' }, 'Failed'],
    ['runs as long as it is said to', { 'slipway.dev/run-for': '1h' }, 'Running'],
  ])('of a Job %s', async (_, annotations, phase) => {
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j-uid', controller: true };
    const work = pod('a', { restartPolicy: 'Never' }, annotations);
    await plane.client.create(PODS, { ...work, metadata: { ...work.metadata, ownerReferences: [owner] } });
    await plane.clock.settle();
    expect(await summary('a')).toMatchObject({ phase: 'Running', ready: 'True' });
    await plane.clock.advance(1100);
    expect(await summary('a')).toMatchObject({ phase });
  });

  test('whose ConfigMap is missing waits for it, and says so', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'x' } } }];
    await plane.client.create(PODS, pod('a', { containers: [container('web', { env })] }));
    await plane.clock.settle();
    expect((await get('a')).status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "cfg" not found' } } }],
    });
    expect(await eventsOf('a')).toEqual(['Failed: Error: configmap "cfg" not found']);
    await plane.client.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cfg', namespace: 'default' },
      data: { x: '1' },
    });
    await plane.clock.settle();
    expect(await summary('a')).toMatchObject({ phase: 'Running', ready: 'True' });
  });

  test.each<[string, Partial<PodSpec>, string]>([
    [
      'ConfigMap',
      { containers: [container('web', { envFrom: [{ configMapRef: { name: 'cfg' } }] })] },
      'Failed: Error: configmap "cfg" not found',
    ],
    [
      'volume',
      { volumes: [{ name: 'v', configMap: { name: 'cfg' } }] },
      'FailedMount: MountVolume.SetUp failed for volume "v" : configmap "cfg" not found',
    ],
  ])('that waits long for its %s says so again and again, ever more rarely, and writes nothing else', async (_, spec, event) => {
    await plane.client.create(PODS, pod('a', spec));
    await plane.clock.settle();
    const { resourceVersion } = (await get('a')).metadata;
    const counts: (number | undefined)[] = [];
    for (const seconds of [0, 10, 20, 40, 80, 120, 120]) {
      await plane.clock.advance(seconds * 1000);
      const { items } = await plane.client.list(EVENTS, { namespace: 'default' });
      counts.push(items.find(({ reason, message }) => `${reason}: ${message}` === event)?.count);
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect((await get('a')).metadata.resourceVersion).toBe(resourceVersion);
  });
});

describe('a kubelet that is started again', () => {
  test('takes over what runs, with its restart counts', async () => {
    await plane.client.create(PODS, pod('a', {}, { 'slipway.dev/run-for': '1s' }));
    await plane.clock.advance(1500);
    await kubelet.detach();
    const { revision } = plane.store;
    await start();
    await plane.clock.settle();
    expect(plane.store.revision).toBe(revision);
    expect(await summary('a')).toMatchObject({ phase: 'Running', restarts: 1 });
  });

  test('after its process was killed finds what was simulated as it was reported, and the rest of its time', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.client.create(PODS, pod('short', { restartPolicy: 'Never' }, { 'slipway.dev/run-for': '20s' }));
    await plane.client.create(PODS, pod('crash', {}, { 'slipway.dev/run-for': '1s', 'slipway.dev/exit-code': '1' }));
    await plane.clock.advance(3_000);
    const before = await get('a');
    expect(await summary('crash')).toMatchObject({ state: 'CrashLoopBackOff', restarts: 1 });
    await kubelet.detach();
    runtime = simulatedRuntime({ clock: plane.clock, random: seededRandom(4) });
    await start();
    await plane.clock.settle();
    expect(await get('a')).toEqual(before);
    expect(await summary('crash')).toMatchObject({ restarts: 2 });
    await plane.clock.advance(16_000);
    expect(await summary('short')).toMatchObject({ phase: 'Running', restarts: 0 });
    await plane.clock.advance(2_000);
    expect(await summary('short')).toMatchObject({ phase: 'Succeeded', restarts: 0 });
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' });
    await plane.clock.settle();
    await expect(get('a')).rejects.toThrow('not found');
  });

  test('ends what nobody asks for any more', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    await kubelet.detach();
    await plane.client.delete({ kind: PODS, name: 'a', namespace: 'default' }, { gracePeriodSeconds: 0 });
    expect(await runtime.list()).toHaveLength(1);
    await start();
    await plane.clock.advance(3000);
    expect(await runtime.list()).toEqual([]);
  });

  test('does not run again what has ended and was lost by the runtime', async () => {
    await plane.client.create(PODS, pod('a', { restartPolicy: 'Never' }, { 'slipway.dev/run-for': '1s' }));
    await plane.clock.advance(2000);
    await kubelet.detach();
    await runtime.removeSandbox((await get('a')).metadata.uid!);
    await start();
    await plane.clock.settle();
    expect(await runtime.list()).toEqual([]);
    expect(await summary('a')).toMatchObject({ phase: 'Succeeded' });
  });

  test('says of what the runtime has lost while it ran that it is unknown how it ended, and runs it again', async () => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    const before = (await get('a')).status!.containerStatuses![0]!;
    await kubelet.detach();
    runtime = Object.assign(simulatedRuntime({ clock: plane.clock, random: seededRandom(2) }), { adopt: undefined });
    await plane.clock.advance(5000);
    await start();
    await plane.clock.settle();
    const { status } = await get('a');
    expect(status?.containerStatuses![0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: {
        terminated: {
          exitCode: 137,
          reason: 'ContainerStatusUnknown',
          message: 'The container could not be located when the pod was terminated',
          startedAt: before.state!.running!.startedAt,
          finishedAt: formatTime(plane.clock.now()),
          containerID: before.containerID,
        },
      },
    });
    await plane.client.patch(
      { kind: PODS, name: 'a', namespace: 'default' },
      { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } },
    );
    await plane.clock.advance(60_000);
    expect((await get('a')).status?.containerStatuses).toEqual(status?.containerStatuses);
  });

  test('stopAll ends the containers and leaves the pods', async () => {
    await plane.client.create(PODS, pod('a', {}, { 'slipway.dev/stop-after': '2s' }));
    await plane.clock.settle();
    const stopped = kubelet.stopAll();
    await plane.clock.advance(2000);
    await stopped;
    expect((await runtime.list())[0]?.containers[0]?.state).toMatchObject({ kind: 'exited', exitCode: 143 });
    await get('a');
  });
});

describe('the kubelet’s own interface', () => {
  const ask = async (path: string) => {
    const response = await kubelet.handler(new Request(`http://n1${path}`));
    return [response.status, await response.text()];
  };

  test.each([
    ['/containerLogs/default/nobody/web', 404, 'pod default/nobody does not exist on this node'],
    ['/containerLogs/default/a/other', 404, 'container "other" not found in pod "a"'],
    ['/containerLogs/default/a/web?previous=true', 400, 'previous terminated container "web" in pod "a" not found'],
    ['/containerLogs/default/a/web?tailLines=x', 400, 'tailLines "x" is no whole number of 0 or more'],
    ['/containerLogs/default/a/web', 200, 'This container is simulated: it writes no log.\n'],
    ['/nothing', 404, '404 page not found: /nothing'],
    ['/healthz', 200, 'ok'],
  ])('%s is answered with %i', async (path, status, text) => {
    await plane.client.create(PODS, pod('a'));
    await plane.clock.settle();
    expect(await ask(path)).toEqual([status, text]);
  });
});

describe('a node that is short of memory', () => {
  const left = (megabytes: number): Room => ({
    memory: { available: megabytes * 2 ** 20, capacity: 2 ** 33 },
    disk: { available: 2 ** 33, capacity: 2 ** 33 },
    inodes: { available: 0, capacity: 0 },
  });
  const condition = async () => {
    const { status } = await plane.client.get(NODES, 'n1');
    const found = status?.conditions?.find(({ type }) => type === 'MemoryPressure');
    return `${found?.status} ${found?.reason}`;
  };

  test('says so, drives out one pod after another, and forgets it when it has had enough for a while', async () => {
    await kubelet.detach();
    let room = left(4096);
    await start(NODE, async () => room);
    await plane.client.create(PODS, pod('small', {}, { 'slipway.dev/memory-usage': '10Mi', 'slipway.dev/stop-after': '1h' }));
    await plane.client.create(PODS, pod('large', {}, { 'slipway.dev/memory-usage': '50Mi', 'slipway.dev/stop-after': '1h' }));
    await plane.clock.advance(9_000);
    room = left(64);
    await plane.clock.advance(1_000);
    expect(await condition()).toBe('True KubeletHasInsufficientMemory');
    await plane.clock.advance(2_000);
    const { status } = await get('large');
    expect(status).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. Container web was using 50Mi, request is 0, has larger consumption of memory. ',
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }),
      ]),
    });
    expect((await get('small')).status?.phase).toBe('Running');
    room = left(4096);
    await plane.clock.advance(290_000);
    expect(await condition()).toBe('True KubeletHasInsufficientMemory');
    await plane.clock.advance(20_000);
    expect(await condition()).toBe('False KubeletHasSufficientMemory');
    expect((await get('small')).status?.phase).toBe('Running');
    expect(await eventsOf('n1')).toEqual(
      expect.arrayContaining([
        'NodeHasInsufficientMemory: Node n1 status is now: NodeHasInsufficientMemory',
        'EvictionThresholdMet: Attempting to reclaim memory',
        'NodeHasSufficientMemory: Node n1 status is now: NodeHasSufficientMemory',
      ]),
    );
  });
});
