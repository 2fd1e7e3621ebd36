/**
 * How many requests a second pass through a Service: by the relay, by the kernel where the machine permits it, and by HAProxy
 * where it is installed, beside the same server reached directly, in the same run: `node test/bench/relay.ts`. Server, relay
 * and clients are processes of their own.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, silentLog } from '../../src/base/index.ts';
import type { DataPlane, Route, Target } from '../../src/network/index.ts';
import { systemProgram } from '../../src/network/nftables/command.ts';
import { openNft } from '../../src/network/nftables/open.ts';
import { ThreadedRelay } from '../../src/network/relaythread.ts';
import { keepAliveRate, startPart, startProgram } from './network/peers.ts';
import { heading, show } from './report/index.ts';

const SERVER: Target = { address: '127.96.255.1', port: 38_080 };
const BY_RELAY: Target = { address: '127.96.255.2', port: 38_080 };
const BY_KERNEL: Target = { address: '127.96.255.3', port: 38_080 };
const BY_HAPROXY: Target = { address: '127.96.255.4', port: 38_080 };
/** What the relay is to reach of HAProxy, and the kernel of the server itself. */
const RELAY_GOAL = { atLeast: 0.7 };
const KERNEL_GOAL = { atLeast: 0.95 };
const SECONDS = 2;
const ROUNDS = 3;
const REQUEST = `GET / HTTP/1.1\r\nHost: bench\r\n\r\n`;
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world\n`;
const BULK = Buffer.alloc(2 ** 20, 'x');

/** Answers a small request with a small answer, and what begins with `bulk` with bytes without end. */
function serve(): void {
  createServer({ noDelay: true }, (socket) => {
    const pour = () => {
      while (socket.write(BULK));
    };
    socket.on('error', () => {});
    socket.on('data', (data) => {
      if (data[0] !== 'b'.charCodeAt(0)) return void socket.write(ANSWER);
      socket.on('drain', pour);
      pour();
    });
  }).listen(SERVER.port, SERVER.address, () => process.send!('ready'));
}

const route = (at: Target): Route => ({
  ...at,
  id: 'TCP bench',
  protocol: 'TCP',
  service: 'default/bench',
  through: 'ClusterIP',
  affinityMs: undefined,
  endpoints: [SERVER],
});

async function relay(): Promise<void> {
  await new ThreadedRelay(silentLog).open(route(BY_RELAY));
  process.send!('ready');
}

async function openKernel(): Promise<DataPlane | undefined> {
  const opened = await openNft({ table: `slipway-bench-${process.pid}`, log: silentLog });
  if (!opened.ok) return void console.log(`by the kernel: not measured, ${opened.because}`);
  await opened.plane.open(route(BY_KERNEL));
  return opened.plane;
}

/** One thread, as the relay has one. */
async function startHaproxy(folder: string): Promise<ChildProcess | undefined> {
  const haproxy = systemProgram('haproxy');
  if (!haproxy) return void console.log('by HAProxy: not measured, it is not installed');
  const config = join(folder, 'haproxy.cfg');
  writeFileSync(
    config,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind ${BY_HAPROXY.address}:${BY_HAPROXY.port}
  server one ${SERVER.address}:${SERVER.port}
`,
  );
  return startProgram(haproxy, ['-db', '-f', config], BY_HAPROXY);
}

const requests = (to: Target) => keepAliveRate(to, { request: REQUEST, warmUpMs: 500, seconds: SECONDS });

/** New connections, one request each, 16 at a time. */
async function connections(to: Target): Promise<number> {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  const one = () =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: to.address, port: to.port });
      socket.on('connect', () => socket.write(REQUEST));
      socket.on('data', () => socket.resetAndDestroy());
      socket.on('close', () => resolve(void done++));
      socket.on('error', () => {});
    });
  const some = async () => {
    while (performance.now() < end) await one();
  };
  await Promise.all(Array.from({ length: 16 }, some));
  return done / SECONDS;
}

async function megabytes(to: Target): Promise<number> {
  let bytes = 0;
  const socket = connect({ host: to.address, port: to.port });
  socket.on('connect', () => socket.write('bulk'));
  socket.on('data', (data) => (bytes += data.length));
  await systemClock.sleep(SECONDS * 1000);
  socket.destroy();
  return bytes / SECONDS / 2 ** 20;
}

async function measure(): Promise<void> {
  heading('connections of a Service');
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const children = [await startPart(import.meta.url, 'server'), await startPart(import.meta.url, 'relay')];
  const kernel = await openKernel();
  const haproxy = await startHaproxy(folder);
  const ways = [
    ['direct', SERVER],
    ['by the relay', BY_RELAY],
    ...(kernel ? [['by the kernel', BY_KERNEL] as const] : []),
    ...(haproxy ? [['by HAProxy', BY_HAPROXY] as const] : []),
  ] as const;
  for (const [name, unit, figure] of [
    ['keep-alive requests', '/s', requests],
    ['requests on a new connection each', '/s', connections],
    ['bulk', 'MB/s', megabytes],
  ] as const) {
    const rounds: Record<string, number>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const figures: Record<string, number> = {};
      for (const [way, to] of ways) figures[way] = await figure(to);
      rounds.push(figures);
    }
    const of = (way: string) => rounds.map((figures) => figures[way]!);
    for (const [way] of ways) show(`${name}: ${way}`, of(way), unit);
    const beside = (way: string, other: string) => rounds.map((figures) => figures[way]! / figures[other]!);
    show(`${name}: the relay beside the server itself`, beside('by the relay', 'direct'));
    const isUsual = figure === requests;
    if (haproxy) show(`${name}: the relay beside HAProxy`, beside('by the relay', 'by HAProxy'), '', isUsual ? RELAY_GOAL : undefined);
    if (kernel)
      show(`${name}: the kernel beside the server itself`, beside('by the kernel', 'direct'), '', isUsual ? KERNEL_GOAL : undefined);
  }
  await kernel?.close();
  for (const child of [...children, ...(haproxy ? [haproxy] : [])]) child.kill();
  rmSync(folder, { recursive: true });
}

const roles: Readonly<Record<string, () => void | Promise<void>>> = { server: serve, relay, '': measure };
await roles[process.argv[2] ?? '']!();
