import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock, Scope } from '../../src/base/index.ts';
import { ENDPOINT_SLICES, SERVICES, type Endpoint, type Service } from '../../src/model/index.ts';
import { startServiceProxy, type DataPlane, type ServiceProxy } from '../../src/network/index.ts';
import { FakeApi } from '../scheduler/fakeapi.ts';
import { proxyParts } from './proxyparts.ts';
import { service, slice } from './samples.ts';
import { freePort } from './sockets.ts';

let clock: ManualClock;
let scope: Scope;
let api: FakeApi;
let proxy: ServiceProxy;
let port: number;
let events: string[];

/** Carries nothing: what is asked here is not how connections go. */
const nowhere: DataPlane = { open: async () => ({ update: () => {}, close: async () => {} }), close: async () => {} };

beforeEach(async () => {
  clock = new ManualClock();
  scope = new Scope('test');
  api = new FakeApi();
  events = [];
  port = await freePort('127.0.0.1');
  const recorder = {
    event: (_: unknown, type: string, reason: string, message: string) => void events.push(`${type} ${reason}: ${message}`),
  };
  proxy = startServiceProxy({ ...proxyParts(api, clock, scope), plane: nowhere, nodeName: 'here', recorder });
});
afterEach(() => scope.close());

const balanced = (spec: Partial<Service['spec']> = {}) =>
  service('web', { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: port, ...spec });

const endpoint = (address: string, nodeName: string, ready = true): Endpoint => ({ addresses: [address], nodeName, conditions: { ready } });

async function ask(): Promise<{ status: number; weight: string | null; body: unknown } | 'nobody'> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    return { status: response.status, weight: response.headers.get('x-load-balancing-endpoint-weight'), body: await response.json() };
  } catch {
    return 'nobody';
  }
}

/** Listening is real, and so is when it is done. */
async function answers(wanted: (answer: Awaited<ReturnType<typeof ask>>) => boolean) {
  await proxy.settled();
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await clock.settle();
  }
}

test('the health check node port tells how many endpoints of the Service this node has', async () => {
  api.put(
    ENDPOINT_SLICES,
    slice('web', [endpoint('10.0.0.1', 'here'), endpoint('10.0.0.2', 'there'), endpoint('10.0.0.3', 'here', false)]),
  );
  api.put(SERVICES, balanced());
  expect(await answers((answer) => answer !== 'nobody')).toEqual({
    status: 200,
    weight: '1',
    body: { service: { namespace: 'default', name: 'web' }, localEndpoints: 1, serviceProxyHealthy: true },
  });
  api.put(ENDPOINT_SLICES, slice('web', [endpoint('10.0.0.2', 'there')]));
  expect(await answers((answer) => answer !== 'nobody' && answer.status !== 200)).toMatchObject({
    status: 503,
    weight: '0',
    body: { localEndpoints: 0 },
  });
});

test.each([
  ['a Service that does not keep to its node', { externalTrafficPolicy: 'Cluster' as const }],
  ['a Service that is no balancer', { type: 'NodePort' as const }],
])('%s has none any more', async (_, spec) => {
  api.put(SERVICES, balanced());
  await answers((answer) => answer !== 'nobody');
  api.put(SERVICES, balanced(spec));
  await answers((answer) => answer === 'nobody');
});

test('a Service that goes takes it along', async () => {
  api.put(SERVICES, balanced());
  await answers((answer) => answer !== 'nobody');
  api.remove(SERVICES, 'default/web');
  await answers((answer) => answer === 'nobody');
});

test('a port that another process has is told, and taken once it is free', async () => {
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  api.put(SERVICES, balanced());
  while (events.length === 0) await clock.settle();
  expect(events).toEqual([
    `Warning FailedToStartServiceHealthcheck: node here failed to start healthcheck "default/web" on port ${port}: ` +
      `127.0.0.1:${port}: listen EADDRINUSE: address already in use 127.0.0.1:${port}`,
  ]);
  await new Promise((resolve) => other.close(resolve));
  await clock.advance(2_000);
  await answers((answer) => answer !== 'nobody');
});
