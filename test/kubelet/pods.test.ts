import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scope, seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { createApi, localClient, storeOptions } from '../../src/apiserver/index.ts';
import type { Client } from '../../src/client/index.ts';
import { startKubelet, VOLUMES_ANNOTATION, type Kubelet } from '../../src/kubelet/index.ts';
import {
  BUILT_IN_KINDS,
  CONFIG_MAPS,
  EVENTS,
  KindRegistry,
  NAMESPACES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  SECRETS,
  type Container,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  type PodSpec,
} from '../../src/model/index.ts';
import { isReady } from '../../src/status/index.ts';
import { memoryStore } from '../../src/store/index.ts';
import { isRunning, Machine } from './processes.ts';

let machine: Machine;
let scope: Scope;
let client: Client;
let kubelet: Kubelet;

beforeEach(async () => {
  machine = new Machine();
  scope = new Scope('test');
  const store = memoryStore({ now: () => systemClock.now(), ...storeOptions() });
  const api = createApi({
    store,
    kinds: new KindRegistry(BUILT_IN_KINDS),
    clock: systemClock,
    random: seededRandom(1),
    serviceCidr: '127.96.0.0/16',
  });
  client = scope.use(localClient({ api, store, manager: 'test', trusted: true }));
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  await boot();
});
afterEach(async () => {
  await scope.close();
  await machine.close();
});

async function boot(): Promise<void> {
  await machine.boot();
  kubelet = await startKubelet({
    client: client.as('kubelet'),
    runtime: machine.runtime,
    node: { name: 'n1', capacity: { cpu: '2', memory: '4Gi', pods: '110' }, addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] },
    clock: systemClock,
    random: seededRandom(3),
    log: silentLog,
    scope,
  });
}

function create(main: Partial<Container>, rest: { spec?: Partial<PodSpec>; annotations?: Record<string, string> } = {}): Promise<Pod> {
  const { spec = {}, annotations = {} } = rest;
  return client.create<Pod>(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', annotations },
    spec: { nodeName: 'n1', terminationGracePeriodSeconds: 2, containers: [{ name: 'main', image: 'none', ...main }], ...spec },
  });
}

/** The pod, once it is as wanted; undefined stands for one that is gone. */
function until(wanted: (pod: Pod | undefined) => boolean, patienceMs = 10_000): Promise<Pod | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Pod | undefined>();
  let last: Pod | undefined;
  const subscription = client.informer(PODS).subscribe(({ after }) => {
    last = after;
    if (wanted(after)) resolve(after);
  });
  const timer = systemClock.after(patienceMs, () => reject(new Error(`not reached: ${JSON.stringify(last?.status, null, 1)}`)));
  return promise.finally(() => {
    timer.cancel();
    subscription.close();
  });
}

/** Events are written when there is time for it. */
function untilTold(reason: string, message: string): Promise<void> {
  return new Promise((resolve) => {
    scope.use(
      client.informer(EVENTS).subscribe(({ after }) => {
        if (after?.reason === reason && after.message === message) resolve();
      }),
    );
  });
}

const statusOf = (pod: Pod | undefined) => pod?.status?.containerStatuses?.[0];
const ready = () => until((pod) => pod !== undefined && isReady(pod)) as Promise<Pod>;
const idOf = (pod: Pod) => statusOf(pod)!.containerID!.slice('process://'.length);
const remove = () => client.delete({ kind: PODS, name: 'web', namespace: 'default' });
const logs = async (query = '') => (await kubelet.handler(new Request(`http://n1/containerLogs/default/web/main?${query}`))).text();

const SERVER = `const { createServer } = require('node:http');
createServer((request, response) => response.end('hello from ' + process.env.HOST)).listen(8080, process.env.HOST, () => console.log('up'));`;
const server = (rest: Partial<Container> = {}): Partial<Container> => ({
  command: [process.execPath, '-e', SERVER],
  ports: [{ containerPort: 8080 }],
  ...rest,
});

describe('a pod of processes', () => {
  test('serves on its own address once it is ready, and is gone after its deletion', async () => {
    await create(server({ readinessProbe: { httpGet: { port: 8080, path: '/' } } }));
    const pod = await ready();
    const { podIP } = pod.status!;
    expect(podIP).toMatch(/^127\./);
    expect(await (await fetch(`http://${podIP}:8080/`)).text()).toBe(`hello from ${podIP}`);
    expect(await logs()).toBe('up\n');
    const pid = machine.pid(idOf(pod));
    await remove();
    await until((each) => each === undefined);
    expect(isRunning(pid)).toBe(false);
  });

  test('that is killed is restarted with a count, its exit code and its old log', async () => {
    await create({ command: ['sh', '-c', 'echo run; exec sleep 1000'] });
    const pod = await ready();
    await machine.says('run', idOf(pod));
    process.kill(machine.pid(idOf(pod)), 'SIGKILL');
    const again = await until((each) => statusOf(each)?.restartCount === 1 && statusOf(each)?.ready === true);
    expect(statusOf(again)?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
    expect(await logs('previous=true')).toBe('run\n');
  });

  test('goes on while the daemon is away, and what happened meanwhile is found out', async () => {
    await create({ command: ['sh', '-c', 'echo run; exec sleep 1000'] });
    const pod = await ready();
    await kubelet.detach();
    await boot();
    expect(statusOf(await client.get(PODS, 'web', 'default'))).toEqual(statusOf(pod));
    await kubelet.detach();
    await machine.runtime.close();
    process.kill(machine.pid(idOf(pod)), 'SIGKILL');
    await boot();
    const again = await until((each) => statusOf(each)?.restartCount === 1);
    expect(statusOf(again)?.lastState?.terminated).toMatchObject({ exitCode: 137 });
  });

  test('that listens on all addresses is not ready, and is told what to do', async () => {
    await create(
      server({
        command: [process.execPath, '-e', SERVER.replace('process.env.HOST, ()', "'::', ()").replace('8080', '18472')],
        ports: [{ containerPort: 18472 }],
      }),
    );
    const pod = await until((each) => each?.status?.conditions?.some(({ reason }) => reason === 'ListensOnAllAddresses') ?? false);
    expect(pod?.status?.conditions?.find(({ type }) => type === 'Ready')?.message).toBe(
      `containers with unready status: [main]: container main listens on port 18472 of all addresses, which keeps other pods from it: let it listen on its pod's address ${pod?.status?.podIP} ($POD_IP, $HOST)`,
    );
  });

  test('whose program is not there is never told as started', async () => {
    await create({ command: ['/no/such/program'] });
    await until((pod) => pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CrashLoopBackOff');
    await untilTold('Failed', 'Error: exec: "/no/such/program": no such file on this machine');
    const told = (await client.list(EVENTS)).items.map(({ reason, message }) => `${reason}: ${message}`);
    expect(told).not.toContain('Started: Container started');
  });

  test('that fails its liveness probe is restarted', async () => {
    await create({
      command: ['sh', '-c', `trap "exit 0" TERM; mkdir ${machine.dir}/ill; while :; do sleep 0.01; done`],
      livenessProbe: { exec: { command: ['test', '!', '-d', `${machine.dir}/ill`] }, periodSeconds: 1, failureThreshold: 1 },
    });
    const pod = await until((each) => statusOf(each)?.restartCount === 1);
    expect(statusOf(pod)?.lastState?.terminated).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  test('whose log is followed sends it as it is written, until the reader goes', async () => {
    await create({ command: ['sh', '-c', 'while :; do echo tick; sleep 0.02; done'] });
    await ready();
    const response = await kubelet.handler(new Request('http://n1/containerLogs/default/web/main?follow=true'));
    let seen = '';
    for await (const chunk of response.body!) {
      seen += Buffer.from(chunk).toString();
      if (seen.length > 15) break;
    }
    expect(seen).toMatch(/^tick\ntick\ntick\n/);
  });
});

const CONFIG = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg', namespace: 'default' }, data: { colour: 'blue\n' } };
const KEY = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key', namespace: 'default' },
  data: { token: Buffer.from('t0k3n\n').toString('base64') },
};
const VOLUMES = [
  { name: 'cfg', configMap: { name: 'cfg' } },
  { name: 'key', secret: { secretName: 'key', items: [{ key: 'token', path: 'deep/token', mode: 0o440 }] } },
  { name: 'tmp', emptyDir: {} },
];
const MOUNTS = [
  { name: 'cfg', mountPath: '/etc/cfg' },
  { name: 'cfg', mountPath: '/one', subPath: 'colour' },
  { name: 'key', mountPath: '/key' },
  { name: 'tmp', mountPath: '/kept' },
];
const READER = 'cat etc/cfg/colour one key/deep/token; echo x >>kept/x; cat kept/x; exec sleep 1000';
const waitsWith = (text: string) => until((each) => statusOf(each)?.state?.waiting?.message?.includes(text) ?? false);

async function readsItsVolumes(annotations: Record<string, string>): Promise<void> {
  await create({ command: ['sh', '-c', `cd $SLIPWAY_ROOT; ${READER}`], volumeMounts: MOUNTS }, { spec: { volumes: VOLUMES }, annotations });
  await waitsWith('MountVolume.SetUp failed for volume "cfg" : configmap "cfg" not found');
  await client.create(SECRETS, KEY);
  await client.create(CONFIG_MAPS, CONFIG);
  const pod = await ready();
  await machine.says('x\n', idOf(pod));
  expect(await logs()).toBe('blue\nblue\nt0k3n\nx\n');
  process.kill(machine.pid(idOf(pod)), 'SIGKILL');
  const again = await until((each) => statusOf(each)?.restartCount === 1 && statusOf(each)?.ready === true);
  await machine.says('x\nx\n', idOf(again!));
  const token = join(machine.dir, 'pods', pod.metadata.uid!, '.volumes', 'key', 'deep', 'token');
  expect(readFileSync(token, 'utf8')).toBe('t0k3n\n');
  expect((statSync(token).mode & 0o777).toString(8)).toBe('440');
}

describe('volumes where nothing can be mounted', () => {
  beforeEach(async () => {
    await kubelet.detach();
    await machine.close();
    machine = new Machine(['namespaces']);
    await boot();
  });

  test('without the annotation keep the pod waiting, with the reason', async () => {
    await create({ command: ['true'], volumeMounts: MOUNTS }, { spec: { volumes: VOLUMES } });
    const pod = await until((each) => statusOf(each) !== undefined);
    expect(pod?.status?.phase).toBe('Pending');
    expect(statusOf(pod)?.state?.waiting).toEqual({
      reason: 'VolumeMountsNotSupported',
      message:
        'container main has volumeMounts, and the runtime process cannot mount: annotate the pod with slipway.dev/volumes: root to find its volumes under $SLIPWAY_ROOT',
    });
    await remove();
    await until((each) => each === undefined);
  });

  test('with it are found under the root; what is missing is waited for; an emptyDir outlives a restart', () =>
    readsItsVolumes({ [VOLUMES_ANNOTATION]: 'root' }));
});

describe('volumes', () => {
  test('are where the pod says; what is missing is waited for; an emptyDir outlives a restart', () => readsItsVolumes({}));

  test('show a change of their ConfigMap, and of the pod’s labels', async () => {
    await client.create(CONFIG_MAPS, CONFIG);
    const script = 'while :; do cat /v/colour /v/labels; echo; sleep 0.02; done';
    const labels = { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } };
    const volumes = [{ name: 'v', projected: { sources: [{ configMap: { name: 'cfg' } }, labels] } }];
    await create({ command: ['sh', '-c', script], volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { spec: { volumes } });
    const pod = await ready();
    await machine.says('blue\n', idOf(pod));
    await client.update(CONFIG_MAPS, { ...CONFIG, data: { colour: 'green\n' } });
    await machine.says('green\n', idOf(pod));
    await client.patch(
      { kind: PODS, name: 'web', namespace: 'default' },
      { type: 'merge', patch: { metadata: { labels: { tier: 'front' } } } },
    );
    await machine.says('tier="front"', idOf(pod));
  });

  test('of a claim that is not there keep the pod waiting, also where no container mounts them', async () => {
    await create({ command: ['true'] }, { spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'none' } }] } });
    const pod = await waitsWith('persistentvolumeclaims "none" not found');
    expect(pod?.status?.phase).toBe('Pending');
    const message =
      'Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[], failed to process volumes=[data]: error processing PVC default/none: failed to fetch PVC from API server: persistentvolumeclaims "none" not found';
    expect(statusOf(pod)?.state?.waiting).toEqual({ reason: 'ContainerCreating', message });
    await untilTold('FailedMount', message);
  });

  test('of a bound claim are the place that its volume names, read only where the pod says so', async () => {
    const place = join(machine.dir, 'place');
    await client.create<PersistentVolume>(PERSISTENT_VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: 'pv' },
      spec: { hostPath: { path: place } },
    });
    const claim = await client.create<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: { volumeName: 'pv', accessModes: ['ReadWriteOnce'] },
    });
    await client.updateStatus<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS, { ...claim, status: { phase: 'Bound' } });
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    const volumeMounts = [
      { name: 'data', mountPath: '/data' },
      { name: 'data', mountPath: '/fixed', readOnly: true },
    ];
    const script = 'echo hello >/data/file; cat /fixed/file; echo no >/fixed/file || echo refused; exec sleep 1000';
    await create({ command: ['sh', '-c', script], volumeMounts }, { spec: { volumes } });
    await machine.says('refused', idOf(await ready()));
    expect(readFileSync(join(place, 'file'), 'utf8')).toBe('hello\n');
  });

  test('that grow beyond their limit drive the pod out', { timeout: 30_000 }, async () => {
    const command = ['sh', '-c', 'head -c 3000000 /dev/zero >/tmp-x/big; exec sleep 1000'];
    const volumes = [{ name: 'x', emptyDir: { sizeLimit: '1Mi' } }];
    await create({ command, volumeMounts: [{ name: 'x', mountPath: '/tmp-x' }] }, { spec: { volumes } });
    const pod = await until((each) => each?.status?.phase === 'Failed', 20_000);
    expect(pod?.status).toMatchObject({ reason: 'Evicted', message: 'Usage of EmptyDir volume "x" exceeds the limit "1Mi". ' });
  });

  test('that have no bound count for what the containers may hold', { timeout: 30_000 }, async () => {
    const command = ['sh', '-c', 'head -c 3000000 /dev/zero >/tmp-x/big; exec sleep 1000'];
    const resources = { limits: { 'ephemeral-storage': '1Mi' } };
    const volumes = [{ name: 'x', emptyDir: {} }];
    await create({ command, resources, volumeMounts: [{ name: 'x', mountPath: '/tmp-x' }] }, { spec: { volumes } });
    const pod = await until((each) => each?.status?.phase === 'Failed', 20_000);
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ';
    expect(pod?.status).toMatchObject({ reason: 'Evicted', message });
  });

  test.each([
    ['Directory', 'etc/passwd', 'is not a directory'],
    ['File', 'nothing', 'is not a file'],
    ['Socket', 'etc', 'is not a socket file'],
  ])('of a hostPath of the type %s that is not one are refused', async (type, path, message) => {
    await create({ command: ['true'] }, { spec: { volumes: [{ name: 'h', hostPath: { path: `/${path}`, type } }] } });
    await waitsWith(`MountVolume.SetUp failed for volume "h" : hostPath type check failed: /${path} ${message}`);
  });
});

describe('a last word', () => {
  const last = (pod: Pod | undefined) => statusOf(pod)?.state?.terminated;
  const ends = async (main: Partial<Container>) =>
    last(await create(main, { spec: { restartPolicy: 'Never' } }).then(() => until((pod) => last(pod) !== undefined)));

  test('in the termination log is the message of the container', async () => {
    expect(await ends({ command: ['sh', '-c', 'echo because >/dev/termination-log; exit 3'] })).toMatchObject({
      exitCode: 3,
      message: 'because\n',
    });
  });

  test('may lie elsewhere', async () => {
    const main = { command: ['sh', '-c', 'echo because >/var/run/word'], terminationMessagePath: '/var/run/word' };
    expect(await ends(main)).toMatchObject({ exitCode: 0, message: 'because\n' });
    expect(existsSync('/var/run/word')).toBe(false);
  });

  test.each([
    ['of a failure', 1, 'two\nthree\n'],
    ['not of a success', 0, undefined],
  ])('is the end of the log where the policy says so: %s', async (_, code, message) => {
    const command = ['sh', '-c', `echo two; echo three; exit ${code}`];
    expect((await ends({ command, terminationMessagePolicy: 'FallbackToLogsOnError' }))?.message).toBe(message);
  });

  test.each([[['namespaces'] as const], [['namespaces', 'cgroups'] as const]])('is found without %j too', async (without) => {
    await kubelet.detach();
    await machine.close();
    machine = new Machine(without);
    await boot();
    expect(await ends({ command: ['sh', '-c', 'echo because >/dev/termination-log'] })).toMatchObject({ message: 'because\n' });
    expect(existsSync('/dev/termination-log')).toBe(false);
  });
});

describe('a memory limit', () => {
  const HOG = `const held = []; setInterval(() => held.push(Buffer.alloc(8 << 20, 1)), 10)`;
  const hog = { command: [process.execPath, '-e', HOG], resources: { limits: { memory: '128Mi' } } };

  test.each([
    ['by the kernel', []],
    ['by watching', ['cgroups'] as const],
  ])('is kept %s: who takes more is OOMKilled', async (_, without) => {
    await kubelet.detach();
    await machine.close();
    machine = new Machine(without);
    await boot();
    await create(hog, { spec: { restartPolicy: 'Never' } });
    const pod = await until((each) => statusOf(each)?.state?.terminated !== undefined);
    expect(statusOf(pod)?.state?.terminated).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  });

  test('that is watched can be raised while its container runs', async () => {
    await kubelet.detach();
    await machine.close();
    machine = new Machine(['cgroups']);
    await boot();
    // Longer than it takes to be looked at.
    const take = `process.once('SIGUSR2', () => { const held = Buffer.alloc(256 << 20, 1); setTimeout(() => process.exit(held[0]), 2500); });`;
    const command = [process.execPath, '-e', `${take} console.log('up'); setInterval(() => {}, 1000)`];
    await create({ command, resources: { limits: { memory: '128Mi' } } }, { spec: { restartPolicy: 'Never' } });
    await until((each) => isReady(each!));
    const resources = { limits: { memory: '512Mi' } };
    await client.patch({ kind: PODS, namespace: 'default', name: 'web', subresource: 'resize' }, { type: 'strategic', patch: { spec: { containers: [{ name: 'main', resources }] } } });
    const resized = await until((each) => statusOf(each)?.resources?.limits?.['memory'] === '512Mi');
    expect(statusOf(resized)).toMatchObject({ restartCount: 0 });
    const id = idOf(resized!);
    const patience = AbortSignal.timeout(10_000);
    for await (const chunk of machine.runtime.logs(id, { follow: true }, patience)) if (String(Buffer.from(chunk)).includes('up')) break;
    await machine.runtime.exec(id, ['kill', '-USR2', '1'], { stdout: () => {}, stderr: () => {} }, patience);
    const pod = await until((each) => statusOf(each)?.state?.terminated !== undefined);
    expect(statusOf(pod)?.state?.terminated).toMatchObject({ exitCode: 1, reason: 'Error' });
  }); // prettier-ignore
});

describe('hooks', () => {
  test('after the start hold it back, before the end go before TERM', async () => {
    const script = `trap 'echo told; exit 0' TERM; echo up; while :; do sleep 0.02; done`;
    const lifecycle = {
      postStart: { exec: { command: ['sh', '-c', 'echo posted >/proc/$PPID/fd/2; cat /kept/go 2>/dev/null; echo begun >/kept/begun'] } },
      preStop: { exec: { command: ['sh', '-c', 'echo stopping >/kept/stopping'] } },
    };
    const mount = { volumeMounts: [{ name: 'kept', mountPath: '/kept' }], lifecycle };
    await create(
      { command: ['sh', '-c', script], ...mount },
      { spec: { volumes: [{ name: 'kept', hostPath: { path: join(machine.dir, 'kept') } }] } },
    );
    await ready();
    expect(readFileSync(join(machine.dir, 'kept', 'begun'), 'utf8')).toBe('begun\n');
    await remove();
    await until((each) => each === undefined);
    expect(readFileSync(join(machine.dir, 'kept', 'stopping'), 'utf8')).toBe('stopping\n');
  });

  test('that fail after the start restart the container, with an event', async () => {
    await create(
      { command: ['sleep', '1000'], lifecycle: { postStart: { exec: { command: ['false'] } } } },
      { spec: { terminationGracePeriodSeconds: 1 } },
    );
    await until((each) => (statusOf(each)?.restartCount ?? 0) > 0);
    const { items } = await client.list(EVENTS, { namespace: 'default' });
    expect(items.map(({ reason, message }) => `${reason}: ${message}`)).toContain('FailedPostStartHook: PostStartHook failed');
  });
});

test('a pod is seen as being created before it runs', async () => {
  const states: string[] = [];
  client.informer(PODS).subscribe(({ after }) => {
    const state = statusOf(after)?.state;
    if (state) states.push(state.waiting?.reason ?? Object.keys(state)[0]!);
  });
  await create({ command: ['sleep', '1000'] });
  await ready();
  expect(states).toEqual(['ContainerCreating', 'running']);
});
