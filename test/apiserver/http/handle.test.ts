import { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { handle } from '../../../src/apiserver/http/handle.ts';
import { BodyMemory, Load } from '../../../src/apiserver/http/load.ts';
import { orAnonymous } from '../../../src/apiserver/auth/index.ts';
import { CONFIG_MAP, fakeBackend } from './fake.ts';

const CM = { metadata: { namespace: 'default', name: 'a' }, data: { x: 'y' } };
const PATH = '/api/v1/namespaces/default/configmaps';
const settle = async () => {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** A client whose connection the test plays: nothing arrives and nothing is read but by its will. */
class Client {
  readonly request: PassThrough & Record<string, unknown>;
  readonly response: Writable & Record<string, any>;
  text = '';
  readonly headers: Record<string, unknown> = {};
  done: Promise<void>;

  constructor(backend: ReturnType<typeof fakeBackend>['backend'], method: string, url: string) {
    const socket = Object.assign(new EventEmitter(), {
      authorized: true,
      remoteAddress: '127.0.0.1',
      destroySoon: () => this.request.destroy(),
      getPeerCertificate: () => ({ subject: { CN: 'admin', O: 'system:masters' }, fingerprint256: 'AA', valid_to: '2099-01-01' }),
    });
    const headers = { 'content-type': 'application/json' };
    this.request = Object.assign(new PassThrough(), { method, url, headers, rawHeaders: [], socket }) as never;
    const take = (bytes: Buffer, done: () => void) => {
      this.text += bytes.toString();
      this.response['headersSent'] = true;
      done();
    };
    this.response = Object.assign(new Writable({ write: (bytes, _, done) => take(bytes, done) }), {
      statusCode: 0,
      headersSent: false,
      setHeader: (name: string, value: unknown) => void (this.headers[name] = value),
      removeHeader: () => {},
      flushHeaders: () => {},
    });
    this.done = handle(backend, this.request as never, this.response as never, new Set());
  }

  get code(): number {
    return this.response['statusCode'] as number;
  }
}

let fake: ReturnType<typeof fakeBackend>;
beforeEach(() => {
  const few = { running: 1, waiting: 1 };
  fake = fakeBackend({
    load: new Load({ reading: few, writing: few, lasting: few }),
    bodies: new BodyMemory(1000),
    authenticate: orAnonymous(() => ({ user: 'admin', groups: ['system:masters'] })),
  });
});

describe('under a flood', () => {
  test('one works, one waits, the next is told to come back, and whether the server is well can be seen', async () => {
    const { backend } = fake;
    const [first, second, third] = [1, 2, 3].map(() => new Client(backend, 'POST', PATH));
    await settle();
    expect(third!.code).toBe(429);
    expect(third!.headers['retry-after']).toBe('1');
    expect(JSON.parse(third!.text)).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', details: { retryAfterSeconds: 1 } });
    const probe = new Client(backend, 'GET', '/readyz');
    await probe.done;
    expect(probe.text).toBe('ok');
    first!.request.end(JSON.stringify(CM));
    await first!.done;
    expect(first!.code).toBe(201);
    second!.request.end(JSON.stringify({ ...CM, metadata: { ...CM.metadata, name: 'b' } }));
    await second!.done;
    expect(second!.code).toBe(201);
    expect(backend.load.running('writing')).toBe(0);
  });

  test('bodies that are too much together are refused, and nothing of them is kept', async () => {
    const { backend } = fake;
    const client = new Client(backend, 'POST', PATH);
    client.request.write('x'.repeat(600));
    await settle();
    expect(backend.bodies.held).toBe(600);
    client.request.write('x'.repeat(600));
    await client.done;
    expect(client.code).toBe(429);
    expect(backend.bodies.held).toBe(0);
  });

  test('a watch holds no place of those that come to an end', async () => {
    const { backend } = fake;
    const watch = new Client(backend, 'GET', `${PATH}?watch=true`);
    await settle();
    expect(backend.load.running('lasting')).toBe(1);
    const list = new Client(backend, 'GET', PATH);
    await list.done;
    expect(list.code).toBe(200);
    watch.response.destroy();
    await watch.done;
    expect(backend.load.running('lasting')).toBe(0);
  });
});

describe('in its time', () => {
  test.each([
    ['a minute', PATH, 60_000],
    ['as long as the client says', `${PATH}?timeout=5s`, 5000],
    ['not longer than a minute, whatever the client says', `${PATH}?timeout=1h`, 60_000],
  ])('a body may take %s', async (_, url, ms) => {
    const { backend, clock } = fake;
    const client = new Client(backend, 'POST', url);
    client.request.write('{');
    await clock.advance(ms - 1);
    expect(client.code).toBe(0);
    await clock.advance(1);
    await client.done;
    expect(client.code).toBe(504);
    expect(JSON.parse(client.text)).toMatchObject({ reason: 'Timeout' });
    expect(backend.load.running('writing')).toBe(0);
    expect(backend.bodies.held).toBe(0);
    expect(fake.api.objects.size).toBe(0);
  });

  test('a watch may go on', async () => {
    const { backend, clock } = fake;
    const watch = new Client(backend, 'GET', `${PATH}?watch=true&timeoutSeconds=3600`);
    await clock.advance(120_000);
    fake.api.put(CONFIG_MAP, CM);
    await settle();
    expect(watch.text).toContain('"ADDED"');
    watch.response.destroy();
    await watch.done;
  });
});
