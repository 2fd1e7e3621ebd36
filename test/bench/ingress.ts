/**
 * How many requests a second pass through an Ingress, with access log and metrics on, beside one worker of nginx from the
 * system on the same route, where it is installed: `node test/bench/ingress.ts`. Each part is a process of its own.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Scope, silentLog, systemClock, systemRandom } from '../../src/base/index.ts';
import { ENDPOINT_SLICES, INGRESS_CLASSES, INGRESSES, SERVICES } from '../../src/model/index.ts';
import { AccessLog, CONTROLLER, IngressCounts, startIngress, type Target } from '../../src/network/index.ts';
import { systemProgram } from '../../src/network/nftables/command.ts';
import { slice } from '../network/samples.ts';
import { controlPlane } from '../tools/control-plane.ts';
import { service } from '../tools/manifests.ts';
import { keepAliveRate, processorTime, startPart, startProgram } from './network/peers.ts';
import { heading, show } from './report/index.ts';

const SERVER: Target = { address: '127.96.255.1', port: 38_090 };
const BY_INGRESS: Target = { address: '127.96.255.2', port: 38_090 };
const BY_NGINX: Target = { address: '127.96.255.4', port: 38_090 };
const HOST = 'web.example';
const SECONDS = 3;
const ROUNDS = 3;
const GOAL = { atLeast: 0.35 };
const REQUEST = `GET /shop/cart?id=1 HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n`;
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world\n`;

function serve(): void {
  createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', () => void socket.write(ANSWER));
  }).listen(SERVER.port, SERVER.address, () => process.send!('ready'));
}

async function ingress(): Promise<void> {
  const { client, trusted } = await controlPlane();
  const metadata = { name: 'slipway' };
  await client.create(INGRESS_CLASSES, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata,
    spec: { controller: CONTROLLER },
  });
  await client.create(SERVICES, service('web'));
  const { metadata: made, ...rest } = slice('web', [SERVER.address], { ports: [{ port: SERVER.port, protocol: 'TCP' }] });
  await trusted.create(ENDPOINT_SLICES, { ...rest, metadata: { name: 'web', namespace: 'default', labels: made.labels } });
  const backend = { service: { name: 'web', port: { number: 80 } } };
  await client.create(INGRESSES, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ingressClassName: 'slipway', rules: [{ host: HOST, http: { paths: [{ path: '/shop', pathType: 'Prefix', backend }] } }] },
  });
  const parts = { clock: systemClock, random: systemRandom, log: silentLog };
  const counts = new IngressCounts();
  const accesses = new AccessLog({ path: join(process.argv[3]!, 'ingress.log'), ...parts });
  startIngress({
    client: trusted,
    ...parts,
    scope: new Scope('bench'),
    doors: { http: { address: BY_INGRESS.address, ports: [BY_INGRESS.port] }, https: { address: '127.0.0.1', ports: [] } },
    fallback: () => Promise.reject(new Error('no TLS here')),
    served: (entry) => {
      counts.count(entry);
      accesses.note(entry);
    },
    opened: () => process.send!('ready'),
  });
}

async function startNginx(folder: string): Promise<ChildProcess | undefined> {
  const nginx = systemProgram('nginx');
  if (!nginx) return void console.log('by nginx: not measured, it is not installed');
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log combined buffer=64k flush=1s;
  keepalive_requests 1000000;
  upstream web { server ${SERVER.address}:${SERVER.port}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen ${BY_NGINX.address}:${BY_NGINX.port};
    server_name ${HOST};
    location /shop {
      proxy_pass http://web;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  );
  return startProgram(nginx, ['-c', config, '-p', folder], BY_NGINX);
}

/** An answer may come in two parts; the body ends it. */
function isAnswer(data: Buffer): boolean {
  if (data.at(-1) !== 10 || !data.includes('world')) return false;
  if (data.length > 12 && data.includes('HTTP/1.1') && !data.includes(' 200 ')) throw new Error(String(data));
  return true;
}

const requests = (to: Target) => keepAliveRate(to, { request: REQUEST, isAnswer, warmUpMs: 0, seconds: SECONDS });

interface Way {
  readonly name: string;
  readonly to: Target;
  readonly process: ChildProcess;
  readonly rates: number[];
  /** Microseconds of the processor for each request. */
  readonly costs: number[];
}

async function measure(): Promise<void> {
  heading('requests through an Ingress');
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  const server = await startPart(import.meta.url, 'server', folder);
  const ingress = await startPart(import.meta.url, 'ingress', folder);
  const nginx = await startNginx(folder);
  const way = (name: string, to: Target, process: ChildProcess): Way => ({ name, to, process, rates: [], costs: [] });
  const direct = way('direct', SERVER, server);
  const ours = way('through the Ingress', BY_INGRESS, ingress);
  const theirs = nginx && way('through one worker of nginx', BY_NGINX, nginx);
  const ways = [direct, ours, ...(theirs ? [theirs] : [])];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { to, process, rates, costs } of ways) {
      const before = processorTime(process.pid!);
      const rate = await requests(to);
      // The first round warms up.
      if (round === 0) continue;
      rates.push(rate);
      costs.push(((processorTime(process.pid!) - before) / (rate * SECONDS)) * 1e6);
    }
  }
  for (const { name, rates, costs } of ways) {
    show(name, rates, '/s');
    show(`${name}: processor time of a request`, costs, 'us');
  }
  if (theirs)
    show(
      'the Ingress beside nginx',
      ours.rates.map((each, i) => each / theirs.rates[i]!),
      '',
      GOAL,
    );
  for (const { process } of ways) process.kill();
  rmSync(folder, { recursive: true });
}

const roles: Readonly<Record<string, () => void | Promise<void>>> = { server: serve, ingress, '': measure };
await roles[process.argv[2] ?? '']!();
