import { expect, test } from 'vitest';
import { seededRandom, silentLog, systemClock } from '../../src/base/index.ts';
import { isForKernel, isForRelay, openPlane } from '../../src/network/planes.ts';
import type { Route } from '../../src/network/index.ts';

const POD = '127.64.0.1';
const CONTAINER = '10.244.0.1';

const routeOf = (through: Route['through'], address: string, endpoints: readonly string[]): Route => ({
  id: 'TCP test',
  protocol: 'TCP',
  service: 'default/web',
  through,
  address,
  port: 80,
  affinityMs: undefined,
  endpoints: endpoints.map((each) => ({ address: each, port: 8080 })),
});

test.each<[name: string, through: Route['through'], address: string, endpoints: readonly string[], by: 'kernel' | 'relay' | 'either']>([
  ['a cluster address of process pods', 'ClusterIP', '127.96.0.10', [POD], 'either'],
  ['a cluster address of nobody', 'ClusterIP', '127.96.0.10', [], 'either'],
  ['a cluster address of containers, which is no address of the machine', 'ClusterIP', '10.96.0.10', [CONTAINER], 'kernel'],
  ['a node port of process pods for this machine', 'NodePort', '127.0.0.1', [POD], 'either'],
  ['a node port of process pods for others, which cannot be sent to loopback', 'NodePort', '192.0.2.1', [POD], 'relay'],
  ['a node port of containers for this machine, whose address must not leave it', 'NodePort', '127.0.0.1', [CONTAINER], 'relay'],
  ['a node port of containers for others', 'NodePort', '192.0.2.1', [CONTAINER], 'either'],
  ['a balancer on loopback, where somebody may listen already', 'LoadBalancer', '127.0.0.1', [POD], 'relay'],
  ['an address of the other family', 'NodePort', '::1', ['fd00::1'], 'relay'],
])('%s', (_, through, address, endpoints, by) => {
  const route = routeOf(through, address, endpoints);
  expect(isForKernel(route)).toBe(by !== 'relay');
  if (by !== 'relay') expect(isForRelay(route)).toBe(by === 'either');
});

test('a cluster address of containers that no plane carries is told, once it has an endpoint', async () => {
  const parts = { clock: systemClock, random: seededRandom(1), log: silentLog };
  const { plane } = await openPlane({ mode: 'userspace', table: 'slipway-none', own: [], ...parts });
  const listener = await plane.open(routeOf('ClusterIP', '10.96.0.10', []));
  const update = async () => listener.update(routeOf('ClusterIP', '10.96.0.10', [CONTAINER]));
  await expect(update()).rejects.toThrow('only the firewall can carry this');
  await expect(plane.open(routeOf('ClusterIP', '10.96.0.10', [CONTAINER]))).rejects.toThrow('only the firewall can carry this');
  await plane.close();
});
