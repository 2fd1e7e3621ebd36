/**
 * How many requests a second pass through a Service's relay, beside the same server reached directly, in the same run:
 * `node test/bench/relay.ts`. Server, relay and clients are processes of their own.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { systemClock, systemRandom, silentLog } from '../../src/base/index.ts';
import { createRelay, type Target } from '../../src/network/index.ts';
import { heading, show } from './report/index.ts';

const SERVER: Target = { address: '127.96.255.1', port: 38_080 };
const SERVICE: Target = { address: '127.96.255.2', port: 38_080 };
const SECONDS = 2;
const ROUNDS = 3;
const CONNECTIONS = 64;
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

async function relay(): Promise<void> {
  const plane = createRelay({ clock: systemClock, random: systemRandom, log: silentLog });
  const id = 'TCP bench';
  await plane.open({
    ...SERVICE,
    id,
    protocol: 'TCP',
    service: 'default/bench',
    through: 'ClusterIP',
    affinityMs: undefined,
    endpoints: [SERVER],
  });
  process.send!('ready');
}

/** `CONNECTIONS` connections, on each one request after the other. */
async function requests(to: Target): Promise<number> {
  let answered = 0;
  const sockets = Array.from({ length: CONNECTIONS }, () => {
    const socket = connect({ host: to.address, port: to.port, noDelay: true });
    socket.on('connect', () => socket.write(REQUEST));
    socket.on('data', () => {
      answered++;
      socket.write(REQUEST);
    });
    return socket;
  });
  await systemClock.sleep(500);
  const before = answered;
  await systemClock.sleep(SECONDS * 1000);
  for (const socket of sockets) socket.destroy();
  return (answered - before) / SECONDS;
}

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

async function start(role: string): Promise<ChildProcess> {
  const child = fork(new URL(import.meta.url), [role]);
  await new Promise((resolve) => child.once('message', resolve));
  return child;
}

async function measure(): Promise<void> {
  heading('relay of a Service');
  const children = [await start('server'), await start('relay')];
  for (const [name, unit, figure] of [
    ['keep-alive requests', '/s', requests],
    ['requests on a new connection each', '/s', connections],
    ['bulk', 'MB/s', megabytes],
  ] as const) {
    const rounds: { direct: number; relayed: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push({ direct: await figure(SERVER), relayed: await figure(SERVICE) });
    const direct = rounds.map((round) => round.direct);
    show(`${name}: direct`, direct, unit);
    const relayed = rounds.map((round) => round.relayed);
    show(`${name}: through the relay`, relayed, unit);
    const ratios = rounds.map((round) => round.relayed / round.direct);
    show(`${name}: the relay beside it`, ratios);
  }
  for (const child of children) child.kill();
}

const roles: Readonly<Record<string, () => void | Promise<void>>> = { server: serve, relay, '': measure };
await roles[process.argv[2] ?? '']!();
