import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSecureServer, get as httpsGet } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Scope, seededRandom, silentLog, systemClock } from '../../../src/base/index.ts';
import { selfSigned, type TlsFiles } from '../../tools/certificate.ts';
import type { Ingress, Secret } from '../../../src/model/index.ts';
import type { Upstream } from '../../../src/network/ingress/cluster.ts';
import { Certificates } from '../../../src/network/ingress/certificates.ts';
import { Door } from '../../../src/network/ingress/doors.ts';
import { IngressProxy, type Served } from '../../../src/network/ingress/proxy.ts';
import { compile } from '../../../src/network/ingress/table.ts';
import type { Target } from '../../../src/network/routes.ts';

/** By the name in them. */
const tls = new Map<string, TlsFiles>();
let scope: Scope;
let endpoints: Target[];
let speaks: Upstream['speaks'];
let served: Served[];
let proxy: IngressProxy;
let certificates: Certificates;
let port: number;
let securePort: number | undefined;

const INGRESS: Ingress = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    namespace: 'shop',
    name: 'web',
    annotations: { 'ingress.slipway.dev/proxy-body-size': '1k', 'ingress.slipway.dev/proxy-read-timeout': '1' },
  },
  spec: {
    rules: ['shop.example', 'safe.example'].map((host) => ({
      host,
      http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
    })),
    tls: [{ hosts: ['safe.example'], secretName: 'cert' }],
  },
};

beforeAll(async () => {
  for (const name of ['fallback.example', 'safe.example', 'renewed.example']) tls.set(name, await selfSigned(name));
});

beforeEach(async () => {
  scope = new Scope('ingress');
  endpoints = [];
  speaks = 'http';
  served = [];
  securePort = undefined;
  proxy = scope.use(
    new IngressProxy({
      clock: systemClock,
      random: seededRandom(1),
      upstream: () => ({ targets: endpoints, speaks }),
      served: (entry) => void served.push(entry),
      securePort: () => securePort,
    }),
  );
  proxy.update(compile([INGRESS]).table);
  certificates = new Certificates();
  port = await open(Door.plain(doorOptions()));
});
afterEach(() => scope.close());

const doorOptions = () => ({ proxy, certificates, log: silentLog, fallback: tls.get('fallback.example')! });

async function open(door: Door): Promise<number> {
  const taken = await door.listen('127.0.0.1', 0);
  scope.use(door);
  return taken;
}

async function backend(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoints.push({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
  scope.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

/** An endpoint that went away. */
async function dead(): Promise<void> {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoints.push({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
  server.close();
  await once(server, 'close');
}

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function ask(
  path: string,
  {
    host = 'shop.example',
    method = 'GET',
    headers = {},
    body,
  }: { host?: string; method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    if (body !== undefined) request.write(body);
    request.end();
  });
}

/** What is answered to these bytes until the connection ends. */
async function say(text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  let answer = '';
  for await (const part of socket) answer += String(part);
  return answer;
}

const echo = (request: IncomingMessage, response: ServerResponse) => {
  let body = '';
  request.on('data', (part) => (body += String(part)));
  request.on('end', () => response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body })));
};

describe('a request', () => {
  test('comes through with its body and query, and says where it comes from', async () => {
    await backend(echo);
    const { status, body } = await ask('/cart?id=1', {
      method: 'POST',
      body: 'hello',
      headers: {
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-port': '99',
        forwarded: 'for=6.6.6.6',
        connection: 'x-mine, keep-alive',
        'x-mine': 'secret',
        'x-request-id': 'mine',
      },
    });
    expect(status).toBe(200);
    const seen = JSON.parse(body) as { headers: Record<string, string> };
    expect(seen).toMatchObject({
      method: 'POST',
      url: '/cart?id=1',
      body: 'hello',
      headers: {
        host: 'shop.example',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(port),
        'x-forwarded-proto': 'http',
        'x-forwarded-host': 'shop.example',
        'x-request-id': 'mine',
      },
    });
    expect(seen.headers).not.toHaveProperty('x-mine');
    expect(seen.headers).not.toHaveProperty('forwarded');
    expect(served).toMatchObject([
      { method: 'POST', host: 'shop.example', path: '/cart', status: 200, ingress: 'shop/web', service: 'shop/web', client: '127.0.0.1' },
    ]);
  });

  test('is answered as the backend answers', async () => {
    await backend((_, response) => response.writeHead(418, { 'set-cookie': ['a=1', 'b=2'], 'x-own': 'yes' }).end('short'));
    expect(await ask('/')).toMatchObject({ status: 418, body: 'short', headers: { 'set-cookie': ['a=1', 'b=2'], 'x-own': 'yes' } });
  });

  test('goes to one endpoint after the other', async () => {
    for (const name of ['a', 'b', 'c']) await backend((_, response) => response.end(name));
    const bodies = [];
    for (let i = 0; i < 6; i++) bodies.push((await ask('/')).body);
    expect(bodies.join('')).toMatch(/^(abcabc|bcabca|cabcab)$/);
  });

  test('for nobody, for a Service without endpoints, and for one that is gone', async () => {
    expect(await ask('/', { host: 'other.example' })).toMatchObject({ status: 404 });
    expect(await ask('/')).toMatchObject({ status: 503, body: 'no endpoint of Service shop/web is ready\n' });
    await dead();
    expect(await ask('/')).toMatchObject({ status: 502 });
    expect(served.map(({ status, error }) => [status, Boolean(error)])).toEqual([
      [404, false],
      [503, false],
      [502, true],
    ]);
  });

  test('is asked again of another endpoint when one is gone, with a body too: nothing was sent yet', async () => {
    await dead();
    await dead();
    await backend(echo);
    for (let i = 0; i < 3; i++) expect(await ask('/', { method: 'POST', body: 'x' })).toMatchObject({ status: 200 });
  });

  test('is asked again when a connection breaks off, unless that could do it twice', async () => {
    let broken = 0;
    await backend((request) => {
      broken++;
      request.socket.destroy();
    });
    await backend(echo);
    for (let i = 0; i < 4; i++) expect(await ask('/')).toMatchObject({ status: 200 });
    expect(broken).toBeGreaterThan(0);
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await ask('/', { method: 'POST', body: 'x' })).status);
    expect(statuses.toSorted()).toEqual([200, 502]);
  });

  test('that is too large is refused, whether it says so or not', async () => {
    await backend(echo);
    const body = 'x'.repeat(2000);
    expect(await ask('/', { method: 'POST', body, headers: { 'content-length': '2000' } })).toMatchObject({ status: 413 });
    expect(await ask('/', { method: 'POST', body, headers: { 'transfer-encoding': 'chunked' } })).toMatchObject({ status: 413 });
  });

  test('that waits to be let on is let on, and its body comes through', async () => {
    await backend(echo);
    const { status, body } = await ask('/', { method: 'PUT', body: 'large', headers: { expect: '100-continue' } });
    expect([status, (JSON.parse(body) as { body: string }).body]).toEqual([200, 'large']);
  });

  test('that is not answered in time is not asked again: the backend may still be at it', async () => {
    let asked = 0;
    for (let i = 0; i < 2; i++) await backend(() => void asked++);
    expect(await ask('/')).toMatchObject({ status: 504 });
    expect(asked).toBe(1);
  });

  test('whose body stops coming is ended', async () => {
    await backend(echo);
    const head = 'POST / HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 100\r\n\r\n';
    expect(await say(`${head}the first half`)).toMatch(/^HTTP\/1\.1 408 .*\nthe request does not go on\n$/s);
  });

  test.each([
    ['with its whole address', 'GET http://shop.example/cart?id=1 HTTP/1.1\r\nHost: other.example', '"url":"/cart?id=1"'],
    ['for a host with a dot at its end', 'GET / HTTP/1.1\r\nHost: shop.example.:80', '"url":"/"'],
    ['for no path', 'OPTIONS * HTTP/1.1\r\nHost: shop.example', '404 Not Found'],
    ['that cannot be read', 'GET / HTTP/1.1\r\nBad Header', '400 Bad Request'],
    ['with too large a head', `GET / HTTP/1.1\r\nHost: shop.example\r\nx-large: ${'x'.repeat(20_000)}`, '431 Request Header Fields'],
  ])('%s', async (_, request, answer) => {
    await backend(echo);
    expect(await say(`${request}\r\nConnection: close\r\n\r\n`)).toContain(answer);
  });

  test('does not wait for streams that never end', async () => {
    await backend((request, response) => (request.url === '/stream' ? response.write('event') : response.end('at once')));
    const streams = Array.from({ length: 300 }, () => httpRequest({ host: '127.0.0.1', port, path: '/stream', agent: false }));
    const begun = streams.map((stream) =>
      once(
        stream.setHeader('host', 'shop.example').on('error', () => {}),
        'response',
      ),
    );
    for (const stream of streams) stream.end();
    await Promise.all(begun);
    expect(await ask('/')).toMatchObject({ status: 200, body: 'at once' });
    for (const stream of streams) stream.destroy();
  });

  test('whose answer has begun is told so, though nothing of its body is there yet', async () => {
    await backend((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders());
    const request = httpRequest({ host: '127.0.0.1', port, path: '/events', headers: { host: 'shop.example' }, agent: false });
    request.on('error', () => {}).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
    request.destroy();
  });

  test.each(['GET', 'POST'])('whose client goes (%s) is given up at its backend too', async (method) => {
    const reached = Promise.withResolvers<IncomingMessage>();
    await backend((asked) => reached.resolve(asked));
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      headers: { host: 'shop.example', 'content-length': method === 'POST' ? 3 : 0 },
    });
    request.on('error', () => {}).end(method === 'POST' ? 'abc' : undefined);
    const { socket } = await reached.promise;
    request.destroy();
    await once(socket, 'close');
    expect(served).toMatchObject([{ status: 499 }]);
  });

  test('whose answer ends with trailers brings them along', async () => {
    await backend((_, response) => {
      response.writeHead(200, { trailer: 'x-sum', 'transfer-encoding': 'chunked' });
      response.write('part');
      response.addTrailers({ 'x-sum': '4' });
      response.end();
    });
    expect(await say('GET / HTTP/1.1\r\nHost: shop.example\r\nTE: trailers\r\nConnection: close\r\n\r\n')).toMatch(
      /\r\n0\r\nx-sum: 4\r\n\r\n$/i,
    );
  });

  test('whose answer breaks off breaks off too', async () => {
    await backend((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half', () => response.destroy());
    });
    await expect(ask('/')).rejects.toThrow('aborted');
    expect(served).toMatchObject([{ status: 200, error: expect.any(String) }]);
  });
});

describe('TLS', () => {
  const secret = (name: string): Secret => {
    const { cert, key } = tls.get(name)!;
    const data = { 'tls.crt': Buffer.from(cert).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') };
    return { apiVersion: 'v1', kind: 'Secret', metadata: { namespace: 'shop', name: 'cert' }, type: 'kubernetes.io/tls', data };
  };

  function nameOf(host: string, at: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: at,
        servername: host,
        headers: { host },
        rejectUnauthorized: false,
        agent: false as const,
      };
      httpsGet(options, (response) => {
        resolve((response.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate().subject.CN);
        response.resume();
      }).on('error', reject);
    });
  }

  test('by the certificate of the host, which may change', async () => {
    await backend(echo);
    const at = await open(Door.secure(doorOptions()));
    expect(certificates.update([INGRESS], () => secret('safe.example'))).toEqual(new Map());
    expect(await nameOf('safe.example', at)).toBe('safe.example');
    expect(await nameOf('shop.example', at)).toBe('fallback.example');
    certificates.update([INGRESS], () => secret('renewed.example'));
    expect(await nameOf('safe.example', at)).toBe('renewed.example');
  });

  test('what is wrong with a Secret is told', () => {
    const told = (of: Secret | undefined) => certificates.update([INGRESS], () => of).get('shop/web');
    expect(told(undefined)).toEqual(['TLS for safe.example: the Secret shop/cert is not there']);
    expect(told({ ...secret('safe.example'), data: {} })).toEqual([
      'TLS for safe.example: the Secret shop/cert has no tls.crt or no tls.key',
    ]);
    expect(told({ ...secret('safe.example'), data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' } })).toEqual([
      expect.stringContaining('holds no usable certificate'),
    ]);
  });

  test('each Secret that is missing is told', () => {
    const tls = [{ hosts: ['safe.example'], secretName: 'one' }, { secretName: 'two' }];
    expect(certificates.update([{ ...INGRESS, spec: { ...INGRESS.spec, tls } }], () => undefined).get('shop/web')).toEqual([
      'TLS for safe.example: the Secret shop/one is not there',
      'TLS for shop.example, safe.example: the Secret shop/two is not there',
    ]);
  });

  test.each([
    ['all hosts of the rules', INGRESS.spec.rules!, ['safe.example', 'safe.example', 'fallback.example']],
    ['any host, where the rules name none', [{}], ['safe.example', 'safe.example', 'safe.example']],
  ])('that names no host is for %s', async (_, rules, names) => {
    await backend(echo);
    const at = await open(Door.secure(doorOptions()));
    certificates.update([{ ...INGRESS, spec: { rules, tls: [{ secretName: 'cert' }] } }], () => secret('safe.example'));
    const got = [];
    for (const host of ['shop.example', 'safe.example', 'other.example']) got.push(await nameOf(host, at));
    expect(got).toEqual(names);
  });

  test('over HTTP/2', async () => {
    await backend(echo);
    const at = await open(Door.secure(doorOptions()));
    const session = connectHttp2(`https://127.0.0.1:${at}`, { rejectUnauthorized: false, servername: 'shop.example' });
    const stream = session.request({ ':path': '/two', ':method': 'POST', ':authority': 'shop.example' });
    stream.end('body');
    let text = '';
    for await (const part of stream) text += String(part);
    session.close();
    expect(JSON.parse(text)).toMatchObject({
      method: 'POST',
      url: '/two',
      body: 'body',
      headers: { host: 'shop.example', 'x-forwarded-proto': 'https' },
    });
  });

  test('whoever comes without it is sent there', async () => {
    await backend(echo);
    securePort = 8443;
    expect(await ask('/a?b=c', { host: 'safe.example:8080' })).toMatchObject({
      status: 308,
      headers: { location: 'https://safe.example:8443/a?b=c' },
    });
    expect(await ask('/a', { host: 'shop.example' })).toMatchObject({ status: 200 });
  });
});

test('a backend that speaks TLS is asked so, and a WebSocket to it too', async () => {
  const server = createSecureServer(tls.get('fallback.example')!, echo);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.send('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.defer(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  endpoints.push({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
  speaks = 'https';
  expect(await ask('/secure')).toMatchObject({ status: 200, body: expect.stringContaining('"url":"/secure"') });
  const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'shop.example' } });
  expect(String((await once(client, 'message'))[0])).toBe('hello');
  client.close();
  await once(client, 'close');
});

describe('a backend that speaks HTTP/2 without TLS', () => {
  async function http2Backend(handle: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void): Promise<void> {
    const server = createHttp2Server();
    server.on('stream', handle);
    const sessions: { destroy(): void }[] = [];
    server.on('session', (session) => void sessions.push(session));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    endpoints.push({ address: '127.0.0.1', port: (server.address() as AddressInfo).port });
    speaks = 'h2c';
    scope.defer(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
  }

  async function call(handle: Parameters<typeof http2Backend>[0]) {
    await http2Backend(handle);
    const session = connectHttp2(`https://127.0.0.1:${await open(Door.secure(doorOptions()))}`, { rejectUnauthorized: false });
    scope.defer(() => session.destroy());
    const headers = { ':path': '/shop.Cart/Add', ':method': 'POST', ':authority': 'shop.example', te: 'trailers' };
    return session.request({ ...headers, 'content-type': 'application/grpc' });
  }

  test('ends a call of gRPC with its status', async () => {
    const seen: Record<string, unknown>[] = [];
    const stream = await call((answer, headers) => {
      seen.push(headers);
      answer.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      answer.on('wantTrailers', () => answer.sendTrailers({ 'grpc-status': '5', 'grpc-message': 'no such cart' }));
      answer.end('message');
    });
    const trailers = once(stream, 'trailers');
    stream.end('request');
    let text = '';
    for await (const part of stream) text += String(part);
    expect(text).toBe('message');
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '5', 'grpc-message': 'no such cart' });
    expect(seen).toMatchObject([{ ':path': '/shop.Cart/Add', ':authority': 'shop.example', te: 'trailers', 'x-forwarded-proto': 'https' }]);
    expect(served).toMatchObject([{ status: 200, path: '/shop.Cart/Add' }]);
  });

  test('answers what has come while more of it is still to come', async () => {
    const stream = await call((answer) => {
      answer.respond({ ':status': 200 });
      answer.on('data', (part) => answer.write(`echo ${String(part)}`)).on('end', () => answer.end());
    });
    const answers = [];
    for (const said of ['one', 'two']) {
      stream.write(said);
      answers.push(String((await once(stream, 'data'))[0]));
    }
    stream.end();
    expect(answers).toEqual(['echo one', 'echo two']);
  });

  test('hears when its client has gone', async () => {
    const reached = Promise.withResolvers<ServerHttp2Stream>();
    const stream = await call((answer) => reached.resolve(answer));
    stream.on('error', () => {}).end('request');
    const answer = (await reached.promise).on('error', () => {});
    stream.close(8);
    await once(answer, 'close');
    expect(answer.aborted || answer.destroyed).toBe(true);
  });

  test('that cannot be reached is passed by', async () => {
    await dead();
    const stream = await call((answer) => answer.respond({ ':status': 204 }, { endStream: true }));
    stream.end();
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(204);
  });
});

describe('a WebSocket', () => {
  test('speaks through it both ways', async () => {
    const server = await backend(echo);
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${String(data)}`)));
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'shop.example' } });
    await once(client, 'open');
    client.send('hello');
    const [said] = (await once(client, 'message')) as [Buffer];
    expect(String(said)).toBe('echo hello');
    client.close();
    await once(client, 'close');
    sockets.close();
    expect(served).toMatchObject([{ status: 101, path: '/chat' }]);
  });

  test('goes to another endpoint when one cannot be reached', async () => {
    const server = await backend(echo);
    const sockets = new WebSocketServer({ server });
    const [alive] = endpoints;
    endpoints = [{ address: '127.0.0.1', port: 1 }, alive!];
    for (let i = 0; i < 2; i++) {
      const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'shop.example' } });
      await once(client, 'open');
      client.close();
      await once(client, 'close');
    }
    sockets.close();
    expect(served.map(({ status }) => status)).toEqual([101, 101]);
  });

  test('is refused when no endpoint can be reached', async () => {
    endpoints = [{ address: '127.0.0.1', port: 1 }];
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'shop.example' } });
    const [error] = (await once(client, 'error')) as [Error];
    expect(error.message).toContain('502');
  });

  test('that the backend does not take is refused', async () => {
    await backend((_, response) => response.writeHead(403).end());
    const client = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'shop.example' } });
    const [error] = (await once(client, 'error')) as [Error];
    expect(error.message).toContain('403');
  });
});
