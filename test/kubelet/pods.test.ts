import { readFileSync, statSync } from 'node:fs';
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
  PODS,
  SECRETS,
  type Container,
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
function until(wanted: (pod: Pod | undefined) => boolean): Promise<Pod | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Pod | undefined>();
  let last: Pod | undefined;
  const subscription = client.informer(PODS).subscribe(({ after }) => {
    last = after;
    if (wanted(after)) resolve(after);
  });
  const timer = systemClock.after(10_000, () => reject(new Error(`not reached: ${JSON.stringify(last?.status, null, 1)}`)));
  return promise.finally(() => {
    timer.cancel();
    subscription.close();
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
    const told = (await client.list(EVENTS)).items.map(({ reason, message }) => `${reason}: ${message}`);
    expect(told).toContain('Failed: Error: exec: "/no/such/program": no such file on this machine');
    expect(told).not.toContain('Started: Container started');
  });

  test('that fails its liveness probe is restarted', async () => {
    await create({
      command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.01; done'],
      livenessProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 },
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

describe('volumes', () => {
  const volumes = [
    { name: 'cfg', configMap: { name: 'cfg' } },
    { name: 'key', secret: { secretName: 'key', items: [{ key: 'token', path: 'deep/token' }] } },
    { name: 'tmp', emptyDir: {} },
  ];
  const volumeMounts = [
    { name: 'cfg', mountPath: '/etc/cfg' },
    { name: 'cfg', mountPath: '/one', subPath: 'colour' },
    { name: 'key', mountPath: '/key' },
    { name: 'tmp', mountPath: '/tmp' },
  ];
  const script = 'cd $SLIPWAY_ROOT; cat etc/cfg/colour one key/deep/token; echo x >>tmp/kept; cat tmp/kept; exec sleep 1000';
  const main = { command: ['sh', '-c', script], volumeMounts };
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cfg', namespace: 'default' }, data: { colour: 'blue\n' } };

  test('without the annotation keep the pod waiting, with the reason', async () => {
    await create(main, { spec: { volumes } });
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

  test('with it are found under the root; what is missing is waited for; an emptyDir outlives a restart', async () => {
    await create(main, { spec: { volumes }, annotations: { [VOLUMES_ANNOTATION]: 'root' } });
    const waiting = await until((each) => statusOf(each)?.state?.waiting !== undefined);
    expect(statusOf(waiting)?.state?.waiting?.message).toBe('MountVolume.SetUp failed for volume "cfg" : configmap "cfg" not found');
    await client.create(SECRETS, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'key', namespace: 'default' },
      data: { token: Buffer.from('t0k3n\n').toString('base64') },
    });
    await client.create(CONFIG_MAPS, config);
    const pod = await ready();
    await machine.says('x\n', idOf(pod));
    expect(await logs()).toBe('blue\nblue\nt0k3n\nx\n');
    process.kill(machine.pid(idOf(pod)), 'SIGKILL');
    const again = await until((each) => statusOf(each)?.restartCount === 1 && statusOf(each)?.ready === true);
    await machine.says('x\nx\n', idOf(again!));
    const token = join(machine.dir, 'pods', pod.metadata.uid!, '.volumes', 'key', 'deep', 'token');
    expect(readFileSync(token, 'utf8')).toBe('t0k3n\n');
    expect((statSync(token).mode & 0o777).toString(8)).toBe('600');
  });
});
