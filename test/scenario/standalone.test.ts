import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureCertificates, kubeconfigText, startServer, type RunningServer } from '../../src/apiserver/index.ts';
import { silentLog, systemClock } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { CONFIG_MAPS, DEPLOYMENTS, EVENTS, NAMESPACES, NODES, PODS, type Node, type Pod } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';
import { deployment } from '../tools/manifests.ts';
import { Daemon } from './sandbox.ts';

let dir: string;
let kubeconfig: string;
let server: RunningServer;
let client: Client;
const servers: RunningServer[] = [];
const processes: Daemon[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-standalone-'));
  const plane = await controlPlane();
  client = plane.client;
  ({ server, kubeconfig } = await serve(plane, 'config'));
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.interrupt()));
  await Promise.all(servers.map((each) => each.close()));
  await rm(dir, { recursive: true });
});

/** A server with nothing behind it, and the namespaces that every server has. */
async function serve({ api, client: own, clock }: ControlPlane, file: string) {
  await own.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
  const tls = await ensureCertificates(dir, [], systemClock.now());
  const version = { major: '1', minor: '36', gitVersion: 'v1.36.0' };
  const listen = { host: '127.0.0.1', port: 0 };
  const started = await startServer({ api, tls, listen, nodes: () => undefined, log: silentLog, clock, version });
  servers.push(started);
  const path = join(dir, file);
  await writeFile(path, kubeconfigText({ server: `https://127.0.0.1:${started.port}`, ca: tls.ca, ...tls.admin }));
  return { server: started, kubeconfig: path };
}

async function run(...args: string[]): Promise<Daemon> {
  const started = new Daemon([...args, '--kubeconfig', kubeconfig], dir);
  processes.push(started);
  await started.line(/Ctrl-C ends it/);
  return started;
}

const node = (name: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True' }] },
});

/** Resolves with the pods once they are as they should be. */
function podsThat(are: (pods: readonly Pod[]) => boolean): Promise<readonly Pod[]> {
  const pods = client.informer(PODS);
  return new Promise((resolve) => {
    const look = () => {
      if (!are(pods.list())) return;
      subscription.close();
      resolve(pods.list());
    };
    const subscription = pods.subscribe(look);
    look();
  });
}

test('controllers and scheduler as processes of their own bring the pods of a Deployment to nodes of a server that is none of theirs', async () => {
  for (const name of ['a', 'b']) await client.create(NODES, node(name));
  await client.create(DEPLOYMENTS, deployment('web', { replicas: 3 }));
  const controllers = await run('controllers', '--only', 'deployment,replicaset');
  const made = await podsThat((pods) => pods.length === 3);
  expect(made.map(({ spec }) => spec.nodeName)).toEqual([undefined, undefined, undefined]);

  const scheduler = await run('scheduler');
  const bound = await podsThat((pods) => pods.every(({ spec }) => spec.nodeName));
  expect(new Set(bound.map(({ spec }) => spec.nodeName))).toEqual(new Set(['a', 'b']));
  expect([await controllers.interrupt(), await scheduler.interrupt()]).toEqual([0, 0]);
  const { items } = await client.list(EVENTS, { namespace: 'default' });
  const told = new Set(items.map(({ reason, reportingComponent }) => `${reportingComponent} ${reason}`));
  expect(told).toContain('deployment-controller ScalingReplicaSet');
  expect(told).toContain('default-scheduler Scheduled');
}, 60_000); // prettier-ignore

test('a namespace of a server that is none of theirs is emptied and finalized', async () => {
  const name = 'going';
  await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  await client.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left', namespace: name } });
  await client.delete({ kind: NAMESPACES, name });
  const namespaces = client.informer(NAMESPACES);
  await namespaces.synced;
  const gone = new Promise<void>((resolve) => void namespaces.subscribe(({ after }) => !after && resolve()));
  const controllers = await run('controllers', '--only', 'namespace');
  await gone;
  expect((await client.list(CONFIG_MAPS, { namespace: name })).items).toEqual([]);
  expect(await controllers.interrupt()).toBe(0);
}, 60_000);

test('what reads a kind that an older server does not serve says so: the others act, and who was named ends', async () => {
  const older = await controlPlane({ serves: ({ kind }) => kind !== 'CronJob' && kind !== 'PodDisruptionBudget' });
  const { kubeconfig: path } = await serve(older, 'older');
  const start = (...args: string[]) => {
    const started = new Daemon([...args, '--kubeconfig', path], dir);
    processes.push(started);
    return started;
  };
  const all = start('controllers');
  await all.line(/"controller":"cronjob","msg":"not started: the server does not serve CronJob of batch\/v1"/);
  await all.line(/"lease":"slipway-controller-deployment".*"leads"/);
  expect(all.output).not.toMatch(/"lease":"slipway-controller-(cronjob|disruption)"/);
  expect(await all.interrupt()).toBe(0);
  const [named, scheduler] = [start('controllers', '--only', 'cronjob,deployment'), start('scheduler')];
  await named.line(/the controller cronjob cannot run there: the server does not serve CronJob of batch\/v1/);
  await scheduler.line(/the scheduler cannot run there: the server does not serve PodDisruptionBudget of policy\/v1/);
  expect([await named.exited, await scheduler.exited]).toEqual([1, 1]);
}, 60_000);

test('of two that are told the same one acts, and the other when that one ends', async () => {
  const first = await run('scheduler', '--scheduler-name', 'twice');
  const second = new Daemon(['scheduler', '--kubeconfig', kubeconfig, '--scheduler-name', 'twice'], dir);
  processes.push(second);
  await second.line(/another process leads, this one waits/);
  expect(second.output).not.toMatch(/Ctrl-C ends it/);
  await first.interrupt();
  await second.line(/Ctrl-C ends it/);
  expect(await second.interrupt()).toBe(0);
}, 60_000);

test('of two whose lists of controllers overlap, one acts for what both have', async () => {
  const first = await run('controllers', '--only', 'deployment');
  const second = await run('controllers', '--only', 'replicaset,deployment');
  expect(second.output).toMatch(/slipway-controller-replicaset.*"leads"/);
  expect(second.output).not.toMatch(/slipway-controller-deployment.*"leads"/);
  expect(await first.interrupt()).toBe(0);
  await second.line(/slipway-controller-deployment.*"leads"/);
  expect(await second.interrupt()).toBe(0);
}, 60_000);

test('a controller that there is not is told of at once', async () => {
  const wrong = new Daemon(['controllers', '--only', 'deploymnt', '--kubeconfig', kubeconfig], dir);
  processes.push(wrong);
  await wrong.line(/there is no controller deploymnt: choose among .*deployment/);
}, 60_000);

/** A way to the server that can fall silent, as a network does: connections stay open, and nothing comes through. */
async function silenceable() {
  const sockets: Socket[] = [];
  let isSilent = false;
  const relay = createServer((near) => {
    const far = connect(server.port, '127.0.0.1');
    for (const socket of [near, far]) sockets.push(socket.on('error', () => {}));
    if (!isSilent) near.pipe(far).pipe(near);
  });
  await new Promise<void>((listens) => void relay.listen(0, '127.0.0.1', listens));
  const { port } = relay.address() as AddressInfo;
  return {
    port,
    silence: () => {
      isSilent = true;
      sockets.forEach((socket) => socket.unpipe().pause());
    },
    close: () => {
      relay.close();
      sockets.forEach((socket) => socket.destroy());
    },
  };
}

test('one whose server falls silent ends when its lease is lost, and waits for none of its own requests', async () => {
  const way = await silenceable();
  const path = join(dir, 'silent');
  await writeFile(path, (await readFile(kubeconfig, 'utf8')).replace(`:${server.port}`, `:${way.port}`));
  const scheduler = new Daemon(['scheduler', '--kubeconfig', path, '--scheduler-name', 'silent'], dir);
  await scheduler.line(/Ctrl-C ends it/);
  way.silence();
  expect(await scheduler.exited).toBe(1);
  expect(scheduler.output).toMatch(/the lease could not be renewed in time: another process may lead silent now/);
  way.close();
}, 40_000);

test('a scheduler of another name leaves the pods of others alone', async () => {
  await client.delete({ kind: DEPLOYMENTS, namespace: 'default', name: 'web' });
  const pod = (name: string, schedulerName?: string) =>
    client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { schedulerName, containers: [{ name: 'c', image: 'x' }] },
    });
  await pod('others');
  await pod('mine', 'slipway');
  const scheduler = await run('scheduler', '--scheduler-name', 'slipway');
  await podsThat((pods) => pods.some(({ metadata, spec }) => metadata.name === 'mine' && spec.nodeName));
  await scheduler.interrupt();
  expect((await client.get(PODS, 'others', 'default')).spec.nodeName).toBeUndefined();
}, 60_000);

test('a server that is not there is said at once', async () => {
  const path = join(dir, 'nowhere');
  const cluster = { cluster: { server: 'https://127.0.0.1:9' }, name: 'c' };
  const config = { 'current-context': 'x', clusters: [cluster], users: [{ name: 'u', user: {} }], contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }] }; // prettier-ignore
  await writeFile(path, JSON.stringify(config));
  for (const command of ['controllers', 'scheduler']) {
    const started = new Daemon([command, '--kubeconfig', path], dir);
    expect(await started.exited).toBe(1);
    expect(started.output).toMatch(/127\.0\.0\.1:9/);
  }
}, 60_000);
