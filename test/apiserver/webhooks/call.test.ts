import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom, systemClock } from '../../../src/base/index.ts';
import { webhookCaller } from '../../../src/apiserver/index.ts';
import type { Ask } from '../../../src/apiserver/webhooks/hearing.ts';
import { SERVICES } from '../../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../../tools/control-plane.ts';
import { WebhookServer, type ReviewResponse } from '../../tools/webhook.ts';

let server: WebhookServer;
let plane: ControlPlane;
let call: ReturnType<typeof webhookCaller>;
beforeAll(async () => {
  server = await WebhookServer.start();
});
beforeEach(async () => {
  plane = await controlPlane();
  call = webhookCaller({ random: seededRandom(1), clock: systemClock, store: plane.store });
});
afterEach(() => call.close());
afterAll(() => server.close());

const request = { operation: 'CREATE', object: { metadata: { name: 'x' } } };
const ask = (clientConfig: object, more: object = {}): Ask => ({
  hook: {
    configuration: 'c',
    webhook: { name: 'v.test.io', clientConfig, admissionReviewVersions: ['v2', 'v1'], timeoutSeconds: 5, ...more },
  },
  mutating: true,
  request,
});
const at = (path: string, more: object = {}) => ({ url: server.url(path), caBundle: server.caBundle, ...more });
const answering = (answer: ReviewResponse | string) => server.answers.set('/review', () => answer);

test('a webhook is told what is to be written, and its answer is read', async () => {
  answering({ allowed: true, warnings: ['w'], patch: [{ op: 'add', path: '/a', value: 1 }] });
  expect(await call(ask(at('/review')))).toEqual({
    allowed: true,
    status: undefined,
    warnings: ['w'],
    patch: [{ op: 'add', path: '/a', value: 1 }],
  });
  expect(server.asked.at(-1)!.request).toMatchObject({ ...request, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});

describe('a Service', () => {
  const service = (spec: object, name = 'hook') =>
    plane.client.create(SERVICES, { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec } as never);
  const here = () => ({ type: 'ExternalName', externalName: '127.0.0.1', ports: [{ port: server.port }] });
  const by = (more: object = {}) =>
    ask({ caBundle: server.caBundle, service: { namespace: 'default', name: 'hook', path: '/review', port: server.port, ...more } });

  test('is asked at its address, and known by its name', async () => {
    answering({ allowed: true });
    await service(here());
    expect(await call(by())).toMatchObject({ allowed: true });
  });

  test('has to be who it is', async () => {
    await service(here(), 'other');
    expect(await call(by({ name: 'other' }))).toEqual({
      failure: expect.stringMatching(
        /: tls: failed to verify certificate: x509: certificate is valid for .*hook\.default\.svc.*, not other\.default\.svc$/,
      ),
    });
  });

  test.each([
    ['that is not there', undefined, {}, 'service "hook" not found'],
    ['without that port', { ports: [{ port: 1 }] }, { port: 2 }, 'no service port 2 found for service "hook"'],
    ['without an address', { clusterIP: 'None', ports: [{ port: 1 }] }, { port: 1 }, 'service "hook" has no cluster IP'],
  ])('%s', async (_, spec, more, why) => {
    if (spec) await service(spec);
    const url = new RegExp(`^failed to call webhook: Post "https://hook.default.svc:\\d+/review\\?timeout=5s": ${why}$`);
    expect(await call(by(more))).toEqual({ failure: expect.stringMatching(url) });
  });
});

describe('what fails is told as Kubernetes tells it', () => {
  const failure = async (clientConfig: object, more: object = {}) => {
    const answer = await call(ask(clientConfig, more));
    return 'failure' in answer ? answer.failure : answer;
  };

  test('nobody listens', async () => {
    const closed = await closedPort();
    expect(await failure({ url: `https://127.0.0.1:${closed}/` })).toBe(
      `failed to call webhook: Post "https://127.0.0.1:${closed}/?timeout=5s": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    );
  });

  test('nobody vouches for it', async () => {
    expect(await failure({ url: server.url('/review') })).toMatch(
      /: tls: failed to verify certificate: x509: certificate signed by unknown authority$/,
    );
  });

  test('it takes too long', async () => {
    server.answers.set('/never', () => new Promise(() => {}));
    expect(await failure(at('/never'), { timeoutSeconds: 0.05 })).toMatch(/: context deadline exceeded$/);
  });

  test('it fails itself', async () => {
    answering('out of order');
    expect(await failure(at('/review'))).toBe(
      'failed to call webhook: an error on the server ("out of order") has prevented the request from succeeding',
    );
  });
});

function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const taken = createServer().listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number };
      taken.close(() => resolve(port));
    });
  });
}
