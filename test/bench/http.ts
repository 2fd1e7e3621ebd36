/**
 * What the API server does over its wire, beside what is wanted of it: `node test/bench/http.ts [ready|idle|list|create|watch]...`.
 * The server is a process of its own, and this one makes the load.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/index.ts';
import { createRate } from './http/create.ts';
import { openSession, startBare, usageOf, type BareServer } from './http/server.ts';
import { watchDelays } from './http/watch.ts';
import type { SecureClientOptions } from './http/wire.ts';
import { heading, show } from './report/index.ts';

const ROUNDS = 5;
const PODS = 10_000;
/** The first heartbeat of a node leaves one mark in the journal, and no later one does. */
const SETTLE_SECONDS = 15;
const IDLE_SECONDS = 60;
const POD_PATH = '/api/v1/namespaces/default/pods';

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withServer<T>(dataDir: string, work: (server: BareServer) => Promise<T>): Promise<T> {
  const server = await startBare(dataDir);
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

/** Nobody schedules them, so that nothing but the API is at work. 4 KB as they are stored. */
const podOf = (n: number) =>
  JSON.stringify({
    metadata: { name: `pod-${n}`, labels: { app: 'bench', shard: String(n % 100) }, annotations: { filler: 'x'.repeat(1_800) } },
    spec: { schedulerName: 'nobody', containers: [{ name: 'main', image: 'busybox', command: ['sleep', 'infinity'] }] },
  });

const configMapOf = (n: number) => JSON.stringify({ metadata: { name: `map-${n}` }, data: { text: 'x'.repeat(850) } });

async function fill(dataDir: string): Promise<void> {
  await withServer(dataDir, ({ tls }) => createRate({ tls, connections: 64, count: PODS, path: POD_PATH, body: podOf }));
}

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  async ready() {
    const empty: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      await inFolder((folder) => withServer(folder, async ({ readyMs }) => void empty.push(readyMs)));
    }
    show('ready on an empty directory', empty, 'ms', { atMost: 500 });
    await inFolder(async (folder) => {
      await fill(folder);
      const stored: number[] = [];
      for (let i = 0; i < ROUNDS; i++) await withServer(folder, async ({ readyMs }) => void stored.push(readyMs));
      show(`ready with ${PODS} pods stored`, stored, 'ms', { atMost: 1000 });
    });
  },

  async idle() {
    await inFolder((folder) =>
      withServer(folder, async ({ pid }) => {
        await systemClock.sleep(SETTLE_SECONDS * 1000);
        const before = usageOf(pid);
        await systemClock.sleep(IDLE_SECONDS * 1000);
        const after = usageOf(pid);
        show('resident memory, idle', [after.megabytes], 'MB', { atMost: 100 });
        show(`processor time in ${IDLE_SECONDS} idle seconds`, [after.cpuMs - before.cpuMs], 'ms');
        show(`written to disk in ${IDLE_SECONDS} idle seconds`, [after.written - before.written], 'B');
      }),
    );
  },

  async list() {
    await inFolder(async (folder) => {
      await fill(folder);
      await withServer(folder, async ({ tls }) => {
        const agent = new Agent({ keepAlive: true, ...tls });
        const session = openSession(tls);
        const [h1, h2]: [number[], number[]] = [[], []];
        for (let i = 0; i < ROUNDS + 2; i++) {
          const one = await timed(() => listHttp1(tls, agent));
          const two = await timed(() => listHttp2(session));
          if (i < 2) continue;
          h1.push(one);
          h2.push(two);
        }
        agent.destroy();
        session.destroy();
        show(`list of ${PODS} pods of 4 KB, HTTP/1.1`, h1, 'ms', { atMost: 120 });
        show(`list of ${PODS} pods of 4 KB, HTTP/2`, h2, 'ms', { atMost: 170 });
      });
    });
  },

  async create() {
    await inFolder((folder) =>
      withServer(folder, async ({ tls, pid }) => {
        const rates: number[] = [];
        const costs: number[] = [];
        const count = 10_000;
        for (let round = 0; round < ROUNDS + 1; round++) {
          const before = usageOf(pid);
          const path = '/api/v1/namespaces/default/configmaps';
          const rate = await createRate({ tls, connections: 32, count, path, body: (n) => configMapOf(round * count + n) });
          if (round === 0) continue;
          rates.push(rate);
          costs.push(((usageOf(pid).cpuMs - before.cpuMs) * 1000) / count);
        }
        show('durable creates of 1 KB over 32 connections', rates, '/s', { atLeast: 5000 });
        show('processor time a create, all threads', costs, 'µs');
      }),
    );
  },

  async watch() {
    await inFolder((folder) =>
      withServer(folder, async ({ tls, pid }) => {
        const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
        for (const [protocol, accept] of [['h1'], ['h2'], ['h2', table]] as const) {
          const load = { tls, protocol, accept, watches: 500, changesPerSecond: 100 };
          await watchDelays({ ...load, seconds: 3 });
          const before = usageOf(pid);
          const delays = await watchDelays({ ...load, seconds: 10 });
          const name = `500 watches, 100 changes/s, ${protocol}${accept ? ' tables' : ''}`;
          show(`${name}: p50`, [delays[delays.length >> 1]!], 'ms');
          show(`${name}: p99`, [delays[Math.floor(delays.length * 0.99)]!], 'ms', { atMost: 30 });
          show(`${name}: cores used`, [(usageOf(pid).cpuMs - before.cpuMs) / 10_000], '');
        }
      }),
    );
  },
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function listHttp1(tls: SecureClientOptions, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: tls.host, port: tls.port, path: POD_PATH, agent }, (response) => {
      let size = 0;
      response.on('data', (part: Buffer) => (size += part.length)).on('end', () => resolve(size));
    })
      .on('error', reject)
      .end();
  });
}

function listHttp2(session: ReturnType<typeof openSession>): Promise<number> {
  return new Promise((resolve, reject) => {
    let size = 0;
    const stream = session.request({ ':path': POD_PATH });
    stream.on('data', (part: Buffer) => (size += part.length)).on('end', () => resolve(size));
    stream.on('error', reject);
  });
}

const asked = process.argv.slice(2);
heading('API server');
for (const name of asked.length > 0 ? asked : Object.keys(BENCHES)) await BENCHES[name]!();
