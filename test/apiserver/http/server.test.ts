import { mkdtemp, rm } from 'node:fs/promises';
import http2 from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, silentLog, systemClock } from '../../../src/base/index.ts';
import { ensureCertificates, type Certificates } from '../../../src/apiserver/auth/index.ts';
import { startServer, type RunningServer } from '../../../src/apiserver/http/index.ts';
import { CONFIG_MAP, FakeApi } from './fake.ts';

let dir: string;
let certificates: Certificates;
let strangers: Certificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-server-'));
  certificates = await ensureCertificates(join(dir, 'ours'), [], systemClock.now());
  strangers = await ensureCertificates(join(dir, 'theirs'), [], systemClock.now());
});
afterAll(() => rm(dir, { recursive: true }));

let api: FakeApi;
let server: RunningServer;
let agent: https.Agent;
beforeEach(async () => {
  api = new FakeApi();
  server = await start();
  agent = agentWith(certificates.admin);
});
afterEach(async () => {
  agent.destroy();
  await server.close();
});

function start(port = 0) {
  const version = { major: '1', minor: '36', gitVersion: 'v1.36.0-slipway' };
  return startServer({
    api,
    tls: certificates,
    listen: { host: '127.0.0.1', port },
    nodes: () => undefined,
    log: silentLog,
    clock: new ManualClock(),
    version,
  });
}

const agentWith = (pair?: { cert: string; key: string }) => new https.Agent({ keepAlive: true, ca: certificates.ca, ...pair });

interface Got {
  readonly code: number;
  readonly headers: Record<string, unknown>;
  readonly bytes: Buffer;
}

function get(path: string, options: https.RequestOptions = {}, body?: Buffer): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: '127.0.0.1', port: server.port, path, agent, ...options }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ code: response.statusCode!, headers: response.headers, bytes: Buffer.concat(parts) }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

const CM = { metadata: { namespace: 'default', name: 'a' }, data: { x: 'ü' } };

describe('over HTTP/1.1', () => {
  test('an object, with its length, over one connection for many requests', async () => {
    const { text } = api.put(CONFIG_MAP, CM);
    for (let i = 0; i < 3; i++) {
      const { code, headers, bytes } = await get('/api/v1/namespaces/default/configmaps/a');
      expect(code).toBe(200);
      expect(bytes.toString()).toBe(text);
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) });
    }
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
  });

  test('warnings arrive as headers', async () => {
    api.warnings = ['one', 'two'];
    const { code, headers } = await get('/api/v1/namespaces/default/configmaps', { method: 'POST' }, Buffer.from(JSON.stringify(CM)));
    expect(code).toBe(201);
    expect(headers['warning']).toBe('299 - "one", 299 - "two"');
  });

  test('a body of 3 MB is taken, one that is larger is refused', async () => {
    const body = (size: number) => Buffer.from(JSON.stringify({ ...CM, data: { x: 'x'.repeat(size) } }));
    const post = { method: 'POST' };
    expect((await get('/api/v1/namespaces/default/configmaps', post, body(3 * 1024 * 1024 - 200))).code).toBe(201);
    const refused = await get('/api/v1/namespaces/default/configmaps', post, body(3 * 1024 * 1024));
    expect(JSON.parse(refused.bytes.toString())).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
    const chunked = { ...post, headers: { 'transfer-encoding': 'chunked' } };
    expect((await get('/api/v1/namespaces/default/configmaps', chunked, body(3 * 1024 * 1024))).code).toBe(413);
  });

  test('a large list comes whole, and compressed for who can read that', async () => {
    for (let i = 0; i < 500; i++) api.put(CONFIG_MAP, { metadata: { namespace: 'default', name: `c${i}` }, data: { x: 'ü'.repeat(500) } });
    const plain = await get('/api/v1/configmaps');
    const packed = await get('/api/v1/configmaps', { headers: { 'accept-encoding': 'gzip' } });
    expect(JSON.parse(plain.bytes.toString()).items).toHaveLength(500);
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 10);
    expect(gunzipSync(packed.bytes)).toEqual(plain.bytes);
  });

  test('a small answer is not compressed', async () => {
    api.put(CONFIG_MAP, CM);
    const { headers } = await get('/api/v1/configmaps', { headers: { 'accept-encoding': 'gzip' } });
    expect(headers['content-encoding']).toBeUndefined();
  });
});

describe('over HTTP/2', () => {
  let session: http2.ClientHttp2Session;
  beforeEach(() => {
    session = http2.connect(`https://127.0.0.1:${server.port}`, { ca: certificates.ca, ...certificates.admin });
  });
  afterEach(() => session.destroy());

  test('an object', async () => {
    const { text } = api.put(CONFIG_MAP, CM);
    const stream = session.request({ ':path': '/api/v1/namespaces/default/configmaps/a' });
    const [headers] = await once<[http2.IncomingHttpHeaders]>(stream, 'response');
    expect(headers).toMatchObject({ ':status': 200, 'content-type': 'application/json' });
    expect(await textOf(stream)).toBe(text);
  });

  test('a watch answers at once, tells of changes, and ends for the server when the client leaves', async () => {
    const stream = session.request({ ':path': '/api/v1/configmaps?watch=true' });
    expect((await once<[http2.IncomingHttpHeaders]>(stream, 'response'))[0][':status']).toBe(200);
    const found = api.put(CONFIG_MAP, CM);
    const [line] = await once<[Buffer]>(stream, 'data');
    expect(line.toString()).toBe(`{"type":"ADDED","object":${found.text}}\n`);
    stream.close(http2.constants.NGHTTP2_CANCEL);
    while (api.watchers.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('who asks', () => {
  test('nobody: only whether the server is well', async () => {
    const nobody = agentWith();
    expect((await get('/readyz', { agent: nobody })).code).toBe(200);
    const refused = await get('/api/v1/configmaps', { agent: nobody });
    expect(JSON.parse(refused.bytes.toString())).toMatchObject({ kind: 'Status', code: 403, reason: 'Forbidden' });
    nobody.destroy();
  });

  test('somebody for whom another authority vouches is turned away', async () => {
    const stranger = agentWith(strangers.admin);
    for (const path of ['/api/v1/configmaps', '/healthz']) expect((await get(path, { agent: stranger })).code).toBe(401);
    stranger.destroy();
  });

  test('a certificate that was made for a server is no client’s', async () => {
    const server = agentWith(certificates.server);
    expect((await get('/healthz', { agent: server })).code).toBe(401);
    server.destroy();
  });
});

test('closing ends watches cleanly and takes no more connections', async () => {
  const watching = get('/api/v1/configmaps?watch=true');
  while (api.watchers.size === 0) await new Promise((resolve) => setImmediate(resolve));
  await server.close();
  expect(await watching).toMatchObject({ code: 200, bytes: Buffer.alloc(0) });
  expect(api.watchers.size).toBe(0);
  await expect(get('/readyz', { agent: agentWith() })).rejects.toThrow('ECONNREFUSED');
  server = await start();
});

test('a port in use is one clear line', async () => {
  await expect(start(server.port)).rejects.toThrow(
    `cannot listen on 127.0.0.1:${server.port}: the port is in use: stop what listens there, or choose another address with --listen`,
  );
});

function once<T extends unknown[]>(source: NodeJS.EventEmitter, event: string): Promise<T> {
  return new Promise((resolve, reject) => {
    source.once(event, (...values) => resolve(values as T));
    source.once('error', reject);
  });
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const part of stream) text += part.toString();
  return text;
}
