import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ensureCertificates, type Certificates } from '../../../src/apiserver/auth/index.ts';
import { startServer, type RunningServer } from '../../../src/apiserver/http/index.ts';
import { ManualClock, silentLog, systemClock } from '../../../src/base/index.ts';
import { CONFIG_MAP, FakeApi } from './fake.ts';

const CM = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a', namespace: 'default' }, data: {} };
const WATCH = '/api/v1/namespaces/default/configmaps?watch=1';

let dir: string;
let certificates: Certificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-websocket-'));
  certificates = await ensureCertificates(dir, [], systemClock.now());
});
afterAll(() => rm(dir, { recursive: true }));

let api: FakeApi;
let server: RunningServer;
beforeEach(async () => {
  api = new FakeApi();
  const version = { major: '1', minor: '36', gitVersion: 'v1.36.0-slipway' };
  const listen = { host: '127.0.0.1', port: 0 };
  server = await startServer({ api, tls: certificates, listen, nodes: () => undefined, log: silentLog, clock: new ManualClock(), version });
});
afterEach(() => server.close());

const open = (path: string) => new WebSocket(`wss://127.0.0.1:${server.port}${path}`, { ca: certificates.ca, ...certificates.admin });

/** An upgrade that is not made. */
async function ask(path: string, upgrade: string) {
  const headers = { connection: 'upgrade', upgrade };
  const options = { host: '127.0.0.1', port: server.port, path, headers, ca: certificates.ca, ...certificates.admin, agent: false };
  const [response] = (await once(https.get(options), 'response')) as [import('node:http').IncomingMessage];
  return { code: response.statusCode, body: JSON.parse(await text(response)) as { kind?: string } };
}

test('a watch tells each event in a message', async () => {
  const client = open(WATCH);
  const messages: unknown[] = [];
  client.on('message', (data: Buffer, isBinary) => messages.push(isBinary ? 'binary' : JSON.parse(data.toString())));
  await once(client, 'open');
  api.put(CONFIG_MAP, CM);
  api.put(CONFIG_MAP, { ...CM, data: { x: '1' } });
  await expect.poll(() => messages.length).toBe(2);
  expect(messages).toMatchObject([
    { type: 'ADDED', object: { metadata: { name: 'a' } } },
    { type: 'MODIFIED', object: { data: { x: '1' } } },
  ]);
  expect(api.watchers.size).toBe(1);
  client.close();
  await once(client, 'close');
  await expect.poll(() => api.watchers.size).toBe(0);
});

test('a server that closes ends it', async () => {
  const client = open(WATCH);
  await once(client, 'open');
  const closed = once(client, 'close');
  await server.close();
  await closed;
});

test('who may not is refused as anybody', async () => {
  const client = new WebSocket(`wss://127.0.0.1:${server.port}${WATCH}`, { ca: certificates.ca });
  const [, response] = (await once(client, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(403);
  client.on('error', () => {});
  client.terminate();
});

test.each(['websocket', 'h2c'])('what is no stream is answered as without the upgrade to %s', async (upgrade) => {
  api.put(CONFIG_MAP, CM);
  const { code, body } = await ask('/api/v1/namespaces/default/configmaps', upgrade);
  expect([code, body.kind]).toEqual([200, 'ConfigMapList']);
});

test('a handshake that fails leaves no watch behind', async () => {
  const options = { host: '127.0.0.1', port: server.port, path: WATCH, ca: certificates.ca, ...certificates.admin, agent: false };
  const request = https.get({ ...options, headers: { connection: 'upgrade', upgrade: 'websocket' } });
  const [response] = (await once(request, 'response')) as [{ statusCode: number }];
  expect(response.statusCode).toBe(400);
  await expect.poll(() => api.watchers.size).toBe(0);
});
