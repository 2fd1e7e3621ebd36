/**
 * Pods as processes, with the whole daemon around them: how soon they run, what they cost while they are idle, and how long
 * a daemon that is started anew takes to find them: `node test/bench/processes.ts`.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { prepareDataDir, startDaemon, stopPods, type Daemon, type Settings } from '../../src/daemon/index.ts';
import { PODS, type Pod, type Probe } from '../../src/model/index.ts';
import { heading, show } from './report/index.ts';

const ALONE = 15;
const MANY = 100;
const IDLE_MS = 30_000;
const ROUNDS = 3;
const parts = { clock: systemClock, random: systemRandom, log: silentLog };

const directory = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
const settings: Settings = {
  dataDir: join(directory, 'data'),
  listen: { host: '127.0.0.1', port: 0 },
  runtime: 'process',
  nodes: 1,
  network: { ingress: 'off', proxyMode: 'userspace', nodePortAddresses: ['127.0.0.0/8'] },
};

const SLEEP = ['sleep', '100000'];

/** Answers probes in as little as it can, so that what is measured is who asks. */
const SERVER = `require('net').createServer((s) => s.on('error', () => {}).once('data', () =>
  s.end('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok'))).listen(8080, process.env.HOST)`;

const PROBES: Readonly<Record<string, Probe>> = {
  TCP: { tcpSocket: { port: 8080 }, periodSeconds: 10 },
  HTTP: { httpGet: { port: 8080 }, periodSeconds: 10 },
};

function pod(name: string, command: readonly string[], readinessProbe?: Probe): Pod {
  const container = { name: 'main', image: 'bench', command, ...(readinessProbe ? { readinessProbe } : {}) };
  const spec = { containers: [container], terminationGracePeriodSeconds: 1, enableServiceLinks: false };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, spec };
}

/** By pod: when it was seen bound, running and ready for the first time. */
class Sightings {
  readonly bound = new Map<string, number>();
  readonly running = new Map<string, number>();
  readonly ready = new Map<string, number>();
  readonly #following: { close(): void };
  #seen = () => {};

  constructor(client: Client) {
    this.#following = client.informer(PODS).follow(({ after }) => {
      if (!after) return;
      const { name } = after.metadata;
      const note = (seen: Map<string, number>) => seen.has(name) || seen.set(name, performance.now());
      if (after.spec.nodeName) note(this.bound);
      if (after.status?.phase === 'Running') note(this.running);
      if (after.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) note(this.ready);
      this.#seen();
    });
  }

  /** Looks again at each change, so that waiting costs nothing. */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#seen = () => done() && resolve();
      this.#seen();
    });
  }

  close(): void {
    this.#following.close();
  }
}

interface Opened {
  readonly daemon: Daemon;
  readonly scope: Scope;
  readonly tookMs: number;
}

async function open(): Promise<Opened> {
  const scope = new Scope('bench');
  const began = performance.now();
  const daemon = await startDaemon({ ...parts, settings, scope });
  return { daemon, scope, tookMs: performance.now() - began };
}

async function clear({ client, running }: Daemon): Promise<void> {
  const pods = client.informer(PODS);
  for (const { metadata } of pods.list('default'))
    await client.delete({ kind: PODS, name: metadata.name, namespace: 'default' }, { gracePeriodSeconds: 0 });
  while ((await running()) > 0 || pods.list('default').length > 0) await systemClock.sleep(10);
}

async function oneByOne(daemon: Daemon): Promise<void> {
  const seen = new Sightings(daemon.client);
  for (let n = 0; n < ALONE; n++) {
    const name = `alone-${n}`;
    await daemon.client.create(PODS, pod(name, SLEEP));
    await seen.until(() => seen.running.has(name));
  }
  seen.close();
  const waits = [...seen.bound].map(([name, at]) => seen.running.get(name)! - at);
  show('a process pod, from bound to Running', waits, 'ms', { atMost: 50 });
  await clear(daemon);
}

async function manyAtOnce(daemon: Daemon): Promise<void> {
  const rounds: number[] = [];
  const costs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const seen = new Sightings(daemon.client);
    const began = performance.now();
    const before = process.cpuUsage();
    await Promise.all(Array.from({ length: MANY }, (_, n) => daemon.client.create(PODS, pod(`many-${round}-${n}`, SLEEP))));
    await seen.until(() => seen.running.size === MANY);
    rounds.push(performance.now() - began);
    costs.push(cpuMs(before) / MANY);
    seen.close();
    if (round === 0) show('what is there of a container beside its process', shims(), 'MB', { atMost: 2 });
    await clear(daemon);
  }
  show(`${MANY} process pods, from created to all Running`, rounds, 'ms', { atMost: 3000 });
  show('what each costs the daemon of the processor', costs, 'ms');
}

function cpuMs(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** What of it lies in memory, with what it shares with others of its kind. */
function shims(): number[] {
  const pods = join(settings.dataDir, 'pods');
  return readdirSync(pods)
    .slice(0, 5)
    .map((uid) => {
      const container = Number(readFileSync(join(pods, uid, 'main/0/pid'), 'utf8').split(' ')[0]);
      const parent = /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${container}/status`, 'utf8'))![1]!;
      return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${parent}/status`, 'utf8'))![1]) / 1024;
    });
}

async function idle(daemon: Daemon, kind: string): Promise<void> {
  const seen = new Sightings(daemon.client);
  const create = (n: number) =>
    daemon.client.create(PODS, pod(`${kind.toLowerCase()}-${n}`, [process.execPath, '-e', SERVER], PROBES[kind]));
  await Promise.all(Array.from({ length: MANY }, (_, n) => create(n)));
  await seen.until(() => seen.ready.size === MANY);
  seen.close();
  // What comes of the start is to be over.
  await systemClock.sleep(IDLE_MS);
  const before = process.cpuUsage();
  await systemClock.sleep(IDLE_MS);
  const share = cpuMs(before) / IDLE_MS;
  show(`${MANY} pods with a ${kind} probe every 10 s, of a core`, [share * 100], '%', { atMost: 1 });
}

async function adoption(first: Opened): Promise<Opened> {
  let last = first;
  const starts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await last.scope.close();
    last = await open();
    starts.push(last.tookMs);
    if ((await last.daemon.running()) !== MANY) throw new Error('not every container was found');
  }
  show(`a daemon is started, and has adopted ${MANY} containers`, starts, 'ms', { atMost: 1000 });
  return last;
}

heading('pods as processes');
let opened = await open();
try {
  await oneByOne(opened.daemon);
  await manyAtOnce(opened.daemon);
  await idle(opened.daemon, 'TCP');
  await clear(opened.daemon);
  await idle(opened.daemon, 'HTTP');
  opened = await adoption(opened);
} finally {
  await opened.scope.close();
  await stopPods(prepareDataDir(settings.dataDir), parts);
  rmSync(directory, { recursive: true, force: true });
}
