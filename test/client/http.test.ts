import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/index.ts';
import { ensureCertificates, type Certificates } from '../../src/apiserver/index.ts';
import { httpClient, type Client } from '../../src/client/index.ts';
import { CONFIG_MAPS, type Manifest } from '../../src/model/index.ts';

/** What goes over the wire, with a server that answers as the test says. */

let dir: string;
let tls: Certificates;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-wire-'));
  tls = await ensureCertificates(dir, [], systemClock.now());
});
afterAll(() => rm(dir, { recursive: true }));

interface Sent {
  readonly request: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

let server: https.Server;
let client: Client & { close(): Promise<void> };
let sent: Sent[];
let respond: (response: ServerResponse) => void;

beforeEach(async () => {
  sent = [];
  respond = (response) => response.end('{}');
  server = https.createServer({ ...tls.server, ca: tls.ca }, (request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = httpClient({ server: address(), ca: tls.ca, token: 'secret' }, { manager: 'me', clock: new ManualClock() });
});
afterEach(async () => {
  await client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const address = () => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  sent.push({ request: `${request.method} ${request.url}`, headers: request.headers, body: text ? JSON.parse(text) : undefined });
  respond(response);
}

const CM = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'x y' } };
const target = { kind: CONFIG_MAPS, namespace: 'n', name: 'a' };

describe('a request', () => {
  const cases: [string, (client: Client) => Promise<unknown>, string, unknown?][] = [
    ['get', (c) => c.get(CONFIG_MAPS, 'a', 'x y'), 'GET /api/v1/namespaces/x%20y/configmaps/a'],
    [
      'list',
      (c) => c.list(CONFIG_MAPS, { namespace: 'n', labelSelector: 'a=b', limit: 5 }),
      'GET /api/v1/namespaces/n/configmaps?labelSelector=a%3Db&limit=5',
    ],
    [
      'create',
      (c) => c.create(CONFIG_MAPS, CM, { dryRun: true, fieldValidation: 'Strict' }),
      'POST /api/v1/namespaces/x%20y/configmaps?fieldManager=me&fieldValidation=Strict&dryRun=All',
      CM,
    ],
    ['update', (c) => c.update(CONFIG_MAPS, CM), 'PUT /api/v1/namespaces/x%20y/configmaps/a?fieldManager=me', CM],
    ['updateStatus', (c) => c.updateStatus(CONFIG_MAPS, CM), 'PUT /api/v1/namespaces/x%20y/configmaps/a/status?fieldManager=me', CM],
    [
      'apply',
      (c) => c.as('you').apply(CONFIG_MAPS, CM as Manifest, { force: true }),
      'PATCH /api/v1/namespaces/x%20y/configmaps/a?fieldManager=you&force=true',
      CM,
    ],
    [
      'delete',
      (c) => c.delete(target, { propagation: 'Foreground', gracePeriodSeconds: 0 }),
      'DELETE /api/v1/namespaces/n/configmaps/a',
      { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', gracePeriodSeconds: 0 },
    ],
    [
      'post',
      (c) => c.post({ ...target, subresource: 'eviction' }, CM),
      'POST /api/v1/namespaces/n/configmaps/a/eviction?fieldManager=me',
      CM,
    ],
    ['put', (c) => c.put({ ...target, subresource: 'finalize' }, CM), 'PUT /api/v1/namespaces/n/configmaps/a/finalize?fieldManager=me', CM],
  ];
  test.each(cases)('%s', async (_, act, request, body) => {
    respond = (response) => response.end('{"metadata":{"resourceVersion":"1"},"items":[]}');
    await act(client);
    expect(sent).toMatchObject([{ request, headers: { authorization: 'Bearer secret' } }]);
    expect(sent[0]!.body).toEqual(body);
  });
});

describe('a refusal', () => {
  const answer = (code: number, text: string) => (response: ServerResponse) => response.writeHead(code).end(text);
  const status = (reason: string, code: number) =>
    JSON.stringify({ kind: 'Status', status: 'Failure', reason, code, message: 'in words', details: { name: 'a' } });
  const cases: [string, number, string, object][] = [
    [
      'keeps reason, message and details',
      409,
      status('AlreadyExists', 409),
      { reason: 'AlreadyExists', message: 'in words', details: { name: 'a' } },
    ],
    ['of an unknown reason goes by its code', 422, status('Surprise', 422), { reason: 'Invalid', message: 'in words' }],
    ['in plain words goes by its code', 503, 'no backend', { reason: 'ServiceUnavailable', message: 'no backend' }],
    ['without words', 404, '', { reason: 'NotFound', message: 'the server answered with 404' }],
    ['with an unknown code', 418, '', { reason: 'InternalError', message: 'the server answered with 418' }],
  ];
  test.each(cases)('%s', async (_, code, text, error) => {
    respond = answer(code, text);
    await expect(client.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({ name: 'StatusError', ...error });
  });

  test('a server that cannot be reached', async () => {
    const nobody = httpClient({ server: 'https://127.0.0.1:1' }, { manager: 'me', clock: new ManualClock() });
    await expect(nobody.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
      message: expect.stringContaining('cannot reach https://127.0.0.1:1: '),
    });
    await nobody.close();
  });

  test('a server whose certificate nobody vouches for', async () => {
    const strict = httpClient({ server: address() }, { manager: 'me', clock: new ManualClock() });
    await expect(strict.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
      message: expect.stringContaining('certificate'),
    });
    const trusting = httpClient({ server: address(), skipVerify: true }, { manager: 'me', clock: new ManualClock() });
    await expect(trusting.get(CONFIG_MAPS, 'a', 'n')).resolves.toEqual({});
    await Promise.all([strict.close(), trusting.close()]);
  });

  test('an answer that breaks off', async () => {
    respond = (response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{');
      response.destroy();
    };
    await expect(client.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });
});

describe('asking again', () => {
  const busy = (code: number, after?: string) => (response: ServerResponse) =>
    response.writeHead(code, after === undefined ? {} : { 'retry-after': after }).end('busy');
  /** Answers in turn, and with `{}` from then on. */
  const inTurn = (...answers: ((response: ServerResponse) => void)[]) => {
    respond = (response) => (answers.shift() ?? ((last: ServerResponse) => last.end('{}')))(response);
  };

  test('after as long as a busy server says, also for a write', async () => {
    const clock = new ManualClock();
    const patient = httpClient({ server: address(), ca: tls.ca }, { manager: 'me', clock });
    let hasAnswered: () => void;
    const answered = new Promise<void>((resolve) => (hasAnswered = resolve));
    inTurn((response) => {
      response.on('close', () => hasAnswered());
      busy(429, '2')(response);
    });
    const created = patient.create(CONFIG_MAPS, CM);
    await answered;
    await clock.advanceUntil(() => sent.length === 2, 2000, 500);
    await expect(created).resolves.toEqual({});
    await patient.close();
  });

  test('not when it does not say how long', async () => {
    inTurn(busy(503));
    await expect(client.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({ reason: 'ServiceUnavailable', message: 'busy' });
    expect(sent).toHaveLength(1);
  });

  test('not forever', async () => {
    respond = busy(429, '1');
    const clock = new ManualClock();
    const patient = httpClient({ server: address(), ca: tls.ca }, { manager: 'me', clock });
    const refused = expect(patient.get(CONFIG_MAPS, 'a', 'n')).rejects.toMatchObject({ reason: 'TooManyRequests' });
    await clock.advanceUntil(() => sent.length === 11, 60_000, 10);
    await refused;
    await patient.close();
  });

  test('when a kept connection was closed meanwhile, for reading only', async () => {
    const breakOff = (response: ServerResponse) => response.destroy();
    await client.get(CONFIG_MAPS, 'a', 'n');
    inTurn(breakOff);
    await expect(client.get(CONFIG_MAPS, 'a', 'n')).resolves.toEqual({});
    inTurn(breakOff);
    await expect(client.create(CONFIG_MAPS, CM)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  test('gives up on a server that is silent', async () => {
    const clock = new ManualClock();
    const waiting = httpClient({ server: address(), ca: tls.ca }, { manager: 'me', clock });
    let isAsked: () => void;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    respond = () => isAsked();
    const got = waiting.get(CONFIG_MAPS, 'a', 'n');
    const refused = expect(got).rejects.toMatchObject({
      reason: 'ServiceUnavailable',
      message: expect.stringContaining('no answer within 75 s'),
    });
    await asked;
    await clock.advance(75_000);
    await refused;
    await waiting.close();
  });
});

test('whoever it acts as goes with every request', async () => {
  const actor = httpClient(
    {
      server: address(),
      ca: tls.ca,
      username: 'me',
      password: 'pass',
      impersonate: { user: 'jane', groups: ['a', 'b'], extra: { 'x/y': ['1'] } },
    },
    { manager: 'me', clock: new ManualClock() },
  );
  await actor.get(CONFIG_MAPS, 'a', 'n');
  expect(sent[0]!.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
    'impersonate-user': 'jane',
    'impersonate-group': 'a, b',
    'impersonate-extra-x%2fy': '1',
  });
  await actor.close();
});

test('a server without TLS, as behind kubectl proxy', async () => {
  const plain = http.createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const proxied = httpClient(
    { server: `http://127.0.0.1:${(plain.address() as AddressInfo).port}` },
    { manager: 'me', clock: new ManualClock() },
  );
  await expect(proxied.get(CONFIG_MAPS, 'a', 'n')).resolves.toEqual({});
  await proxied.close();
  plain.closeAllConnections();
  await new Promise((resolve) => plain.close(resolve));
});

describe('a watch', () => {
  const watch = async (signal = new AbortController().signal) => {
    const seen: unknown[] = [];
    for await (const event of client.watch(CONFIG_MAPS, { resourceVersion: '5', allowBookmarks: true }, signal)) seen.push(event);
    return seen;
  };

  test('reads lines however they are cut', async () => {
    const lines = `${JSON.stringify({ type: 'ADDED', object: { ...CM, data: { x: 'ü' } } })}\n${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } })}\n`;
    const bytes = Buffer.from(lines);
    respond = (response) => {
      let at = 0;
      const next = () => (at < bytes.length ? response.write(bytes.subarray(at, (at += 7)), next) : response.end());
      next();
    };
    expect(await watch()).toEqual([
      { type: 'ADDED', object: { ...CM, data: { x: 'ü' } } },
      { type: 'BOOKMARK', resourceVersion: '9' },
    ]);
    expect(sent[0]!.request).toBe('GET /api/v1/configmaps?resourceVersion=5&watch=true&allowWatchBookmarks=true');
  });

  test('throws what an ERROR event says', async () => {
    const error = { kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, message: 'too old' };
    respond = (response) => response.end(`${JSON.stringify({ type: 'ERROR', object: error })}\n`);
    await expect(watch()).rejects.toMatchObject({ reason: 'Expired', message: 'too old' });
  });

  test('throws when it is cut', async () => {
    respond = (response) => {
      response.write('\n');
      setImmediate(() => response.destroy());
    };
    await expect(watch()).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  });

  test('ends quietly when it is told to', async () => {
    const stop = new AbortController();
    respond = (response) => {
      response.write('\n');
      setImmediate(() => stop.abort());
    };
    expect(await watch(stop.signal)).toEqual([]);
  });
});

test('a kind that is known is not asked for again, one that is not is', async () => {
  respond = (response) =>
    response.end(
      JSON.stringify({
        resources: [
          { name: 'configmaps', namespaced: true, kind: 'ConfigMap' },
          { name: 'configmaps/status', namespaced: true, kind: 'ConfigMap' },
        ],
      }),
    );
  for (let i = 0; i < 2; i++)
    expect(await client.kindOf('v1', 'ConfigMap')).toEqual({
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      plural: 'configmaps',
      namespaced: true,
    });
  expect(sent.map(({ request }) => request)).toEqual(['GET /api/v1']);
  expect(await client.kindOf('v1', 'Later')).toBeUndefined();
  expect(await client.kindOf('v1', 'Later')).toBeUndefined();
  expect(sent).toHaveLength(3);
});
