import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, openScopes, Scope } from '../../src/base/index.ts';
import { ENDPOINT_SLICES, SERVICES, type Service } from '../../src/model/index.ts';
import { startServiceProxy, type DataPlane, type ServiceProxy, type Target } from '../../src/network/index.ts';
import { FakeApi } from '../scheduler/fakeapi.ts';
import { proxyParts } from './proxyparts.ts';
import { service, slice } from './samples.ts';
import { answering, Endpoint, exchange, failureOf, freePort, freshAddress, listen } from './sockets.ts';

let clock: ManualClock;
let scope: Scope;
let api: FakeApi;
let proxy: ServiceProxy;
let events: string[];
let endpoints: Endpoint[];
let here: Target;

beforeEach(async () => {
  clock = new ManualClock();
  scope = new Scope('test');
  api = new FakeApi();
  events = [];
  endpoints = [];
  here = await free();
});

afterEach(async () => {
  await scope.close();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  expect(openScopes()).toEqual([]);
});

function start(plane?: DataPlane, nodePortAddresses?: readonly string[]): void {
  const recorder = {
    event: ({ object }: { object: { metadata: { name: string } } }, type: string, reason: string, message: string) =>
      void events.push(`${object.metadata.name} ${type} ${reason}: ${message}`),
  };
  proxy = startServiceProxy({ ...proxyParts(api, clock, scope), recorder, plane, nodePortAddresses });
}

async function free(): Promise<Target> {
  const address = freshAddress();
  return { address, port: await freePort(address) };
}

async function running(...names: readonly string[]): Promise<readonly Target[]> {
  const made = await Promise.all(names.map((name) => Endpoint.start(answering(name))));
  endpoints.push(...made);
  return made.map(({ target }) => target);
}

const web = (at: Target = here, spec: Partial<Service['spec']> = {}) =>
  service('web', { clusterIP: at.address, ports: [{ port: at.port }], ...spec });

/** One slice a target, for they listen on different ports. */
function ready(...targets: readonly Target[]): void {
  for (const [i, { address, port }] of targets.entries())
    api.put(ENDPOINT_SLICES, slice('web', [address], { name: `web-${i}`, ports: [{ port }] }));
}

describe('a Service', () => {
  test('is reached at its address, and its endpoints take turns', async () => {
    api.put(SERVICES, web());
    ready(...(await running('a', 'b')));
    start();
    await proxy.settled();
    expect([await exchange(here, '1'), await exchange(here, '1')].toSorted()).toEqual(['a:1', 'b:1']);
  });

  test('is reached at its node port', async () => {
    const nodePort = await freePort('127.0.0.1');
    api.put(SERVICES, web(here, { type: 'NodePort', ports: [{ port: here.port, nodePort }] }));
    ready(...(await running('a')));
    start();
    await proxy.settled();
    expect(await exchange({ address: '127.0.0.1', port: nodePort })).toBe('a:');
  });

  test('that comes later is reached', async () => {
    start();
    ready(...(await running('a')));
    api.put(SERVICES, web());
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
  });

  test('follows its endpoints', async () => {
    const [a, b] = await running('a', 'b');
    api.put(SERVICES, web());
    ready(a!);
    start();
    await proxy.settled();
    ready(b!);
    await proxy.settled();
    expect(await exchange(here)).toBe('b:');
  });

  test('without a ready endpoint refuses connections, and takes them again later', async () => {
    const [a] = await running('a');
    api.put(SERVICES, web());
    ready(a!);
    start();
    await proxy.settled();
    api.put(
      ENDPOINT_SLICES,
      slice('web', [{ addresses: [a!.address], conditions: { ready: false } }], { name: 'web-0', ports: [{ port: a!.port }] }),
    );
    await proxy.settled();
    expect(await failureOf(here)).toBe('ECONNREFUSED');
    ready(a!);
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
  });

  test('loses the endpoints of a slice that is given to another one', async () => {
    const [a] = await running('a');
    api.put(SERVICES, web());
    ready(a!);
    start();
    await proxy.settled();
    api.put(ENDPOINT_SLICES, slice('other', [a!.address], { name: 'web-0', ports: [{ port: a!.port }] }));
    await proxy.settled();
    expect(await failureOf(here)).toBe('ECONNREFUSED');
  });

  test('that is deleted is not reached any more', async () => {
    api.put(SERVICES, web());
    ready(...(await running('a')));
    start();
    await proxy.settled();
    api.remove(SERVICES, 'default/web');
    await proxy.settled();
    expect(await failureOf(here)).toBe('ECONNREFUSED');
    expect(proxy.routes()).toEqual([]);
  });

  test('whose port changes is reached at the new one only', async () => {
    api.put(SERVICES, web());
    ready(...(await running('a')));
    start();
    await proxy.settled();
    const moved = { ...here, port: await freePort(here.address) };
    api.put(SERVICES, web(moved));
    await proxy.settled();
    expect([await exchange(moved), await failureOf(here)]).toEqual(['a:', 'ECONNREFUSED']);
  });

  test('may take over the address of another one', async () => {
    api.put(SERVICES, service('old', { clusterIP: here.address, ports: [{ port: here.port }] }));
    const [a, b] = await running('a', 'b');
    api.put(ENDPOINT_SLICES, slice('old', [a!.address], { ports: [{ port: a!.port }] }));
    ready(b!);
    start();
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
    api.put(SERVICES, web());
    api.remove(SERVICES, 'default/old');
    await proxy.settled();
    expect(await exchange(here)).toBe('b:');
  });

  test('of containers is left to their network', async () => {
    api.put(SERVICES, web({ address: '10.96.0.10', port: 80 }, { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }));
    ready({ address: '10.1.0.1', port: 80 });
    start();
    await proxy.settled();
    expect([proxy.routes(), events]).toEqual([[], []]);
  });
});

describe('what cannot be served', () => {
  test('an address that is taken is told once, with what to do, and opened when it is free', async () => {
    const other = createServer();
    await listen(other, here.address, here.port);
    api.put(SERVICES, web());
    ready(...(await running('a')));
    start();
    await proxy.settled();
    expect(events).toEqual([
      `web Warning ListenFailed: cannot listen on ${here.address}:${here.port} (TCP, ClusterIP): another process listens there, ` +
        `perhaps on this port of all addresses (find it with: ss -ltnp 'sport = :${here.port}'). Stop it, or give the Service another port.`,
    ]);
    await clock.advance(10_000);
    expect(events).toHaveLength(1);
    await new Promise((resolve) => other.close(resolve));
    await clock.advanceUntil(() => proxy.isOpen(`TCP ${here.address}:${here.port}`), 60_000);
    expect(await exchange(here)).toBe('a:');
  });

  test('is tried again at once when the Service changes', async () => {
    const other = createServer();
    await listen(other, here.address, here.port);
    api.put(SERVICES, web());
    ready(...(await running('a')));
    start();
    await proxy.settled();
    await new Promise((resolve) => other.close(resolve));
    api.put(SERVICES, web(here, { sessionAffinity: 'ClientIP' }));
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
  });

  test('a reserved port is told, with what to do', async () => {
    const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
    api.put(SERVICES, web({ address: '127.96.0.10', port: 80 }));
    ready({ address: '127.1.0.1', port: 8080 });
    start({ open: () => Promise.reject(denied), close: async () => {} });
    await proxy.settled();
    expect(events).toEqual([
      'web Warning ListenFailed: cannot listen on 127.96.0.10:80 (TCP, ClusterIP): permission denied. Ports below 1024 are reserved: ' +
        'give the Service a port from 1024 up, or allow lower ones with: sysctl -w net.ipv4.ip_unprivileged_port_start=80',
    ]);
  });

  test('a protocol that nobody carries is told once; the other ports are served', async () => {
    api.put(SERVICES, web(here, { ports: [{ name: 'sip', port: 5353, protocol: 'SCTP' }, { port: here.port }] }));
    ready(...(await running('a')));
    start();
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
    ready(...(await running('b')));
    await proxy.settled();
    expect(events).toEqual([`web Warning NotServed: SCTP ${here.address}:5353 is not served: only TCP and UDP are.`]);
  });

  test('a port of the machine that an older Service has is told, and is had when that one goes', async () => {
    const balanced = { type: 'LoadBalancer', ports: [{ port: here.port }] } as const;
    const made = (name: string, creationTimestamp: string, clusterIP: string) => {
      const { metadata, ...rest } = service(name, { ...balanced, clusterIP });
      return { ...rest, metadata: { ...metadata, creationTimestamp } };
    };
    const [a, b] = await running('a', 'b');
    api.put(ENDPOINT_SLICES, slice('old', [a!.address], { ports: [{ port: a!.port }] }));
    ready(b!);
    start(undefined, [here.address]);
    // The younger comes first.
    api.put(SERVICES, made('web', '2026-01-02T00:00:00Z', '127.96.0.11'));
    api.put(SERVICES, made('old', '2026-01-01T00:00:00Z', '127.96.0.12'));
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
    api.put(SERVICES, made('web', '2026-01-02T00:00:00Z', '127.96.0.13'));
    await proxy.settled();
    expect(await exchange(here)).toBe('a:');
    expect(events).toEqual([
      `web Warning NotServed: TCP ${here.address}:${here.port} is not served: it belongs to Service default/old, which is older. Give one of them another port.`,
    ]);
    api.remove(SERVICES, 'default/old');
    await proxy.settled();
    expect(await exchange(here)).toBe('b:');
  });

  test('an external address that this machine was not told of is told', async () => {
    api.put(SERVICES, web(here, { externalIPs: ['192.0.2.7'] }));
    start();
    await proxy.settled();
    expect(events).toEqual([
      'web Warning NotServed: External address 192.0.2.7 is not served: name it with --node-port-addresses when it is to be reached.',
    ]);
  });
});

test('nothing is opened before its cause is on disk', async () => {
  const written = Promise.withResolvers<void>();
  api.client.durable = () => written.promise;
  api.put(SERVICES, web());
  ready(...(await running('a')));
  start();
  await clock.settle();
  expect(await failureOf(here)).toBe('ECONNREFUSED');
  written.resolve();
  await proxy.settled();
  expect(await exchange(here)).toBe('a:');
});

test('at the end nothing listens', async () => {
  api.put(SERVICES, web());
  ready(...(await running('a')));
  start();
  await proxy.settled();
  await scope.close();
  expect(await failureOf(here)).toBe('ECONNREFUSED');
});
