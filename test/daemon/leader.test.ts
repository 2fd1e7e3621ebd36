import { beforeEach, expect, test } from 'vitest';
import { Scope, silentLog } from '../../src/base/index.ts';
import type { Client } from '../../src/client/index.ts';
import { becomeLeader, type Leadership } from '../../src/daemon/index.ts';
import { LEASES, NAMESPACES } from '../../src/model/index.ts';
import { controlPlane, type ControlPlane } from '../tools/control-plane.ts';

let plane: ControlPlane;
beforeEach(async () => {
  plane = await controlPlane();
  await plane.client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } });
});

/** One of those who contend, and what became of it. */
function contend(identity: string, client: Client = plane.trusted) {
  const scope = new Scope(identity);
  const state = { leads: false, lost: false };
  const led = (leadership: Leadership) => {
    state.leads = true;
    void leadership.lost.then(() => (state.lost = true));
  };
  becomeLeader({ client, name: 'part', identity, clock: plane.clock, log: silentLog, scope }).then(led, () => undefined);
  return { state, scope };
}

const lease = async () => (await plane.client.get(LEASES, 'part', 'kube-system')).spec;

/** A client whose writes come to nothing from some moment on. */
function severable(client: Client, nothing: () => Promise<never>) {
  let isCut = false;
  const update: Client['update'] = (...args) => (isCut ? nothing() : client.update(...args));
  return { client: new Proxy(client, { get: (target, name) => (name === 'update' ? update : bound(target, name)) }), cut: () => (isCut = true) };
} // prettier-ignore

function bound(target: Client, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

test('the first one leads, and keeps it by renewing', async () => {
  const a = contend('a');
  await plane.clock.settle();
  const b = contend('b');
  await plane.clock.advance(120_000);
  expect([a.state, b.state]).toEqual([
    { leads: true, lost: false },
    { leads: false, lost: false },
  ]);
  expect(await lease()).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
  await b.scope.close();
  await a.scope.close();
});

test('who ends gives it back, and the next one need not wait for its end', async () => {
  const a = contend('a');
  await plane.clock.settle();
  const b = contend('b');
  await plane.clock.advance(5_000);
  await a.scope.close();
  await plane.clock.advance(2_000);
  expect(b.state.leads).toBe(true);
  expect(await lease()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  await b.scope.close();
});

/** Who leads in these seconds, each state once. */
async function leadersIn(seconds: number, a: ReturnType<typeof contend>, b: ReturnType<typeof contend>): Promise<readonly string[]> {
  const leaders = new Set<string>();
  for (let second = 0; second < seconds; second++) {
    await plane.clock.advance(1_000);
    leaders.add([a.state.lost ? '' : 'a', b.state.leads ? 'b' : ''].join(''));
  }
  return [...leaders];
}

test.each<[string, () => Promise<never>]>([
  ['that refuses', () => Promise.reject(new Error('unreachable'))],
  ['that does not answer', () => new Promise(() => {})],
])('who cannot renew at a server %s is told before another one leads', async (_, nothing) => {
  const { client, cut } = severable(plane.trusted, nothing);
  const a = contend('a', client);
  await plane.clock.settle();
  const b = contend('b');
  await plane.clock.advance(6_000);
  cut();
  expect(await leadersIn(30, a, b)).toEqual(['a', '', 'b']);
  await b.scope.close();
  await a.scope.close();
});

test('a renewal whose answer is late lasts from when it was sent', async () => {
  let isLast = false;
  const { client, cut } = severable(plane.trusted, () => Promise.reject(new Error('unreachable')));
  const update: Client['update'] = async (...args) => {
    const updated = await client.update(...args);
    if (!isLast) return updated;
    cut();
    await plane.clock.sleep(7_000);
    return updated;
  };
  const slow = new Proxy(client, { get: (target, name) => (name === 'update' ? update : bound(target, name)) });
  const a = contend('a', slow);
  await plane.clock.settle();
  const b = contend('b');
  await plane.clock.advance(5_000);
  isLast = true;
  expect(await leadersIn(30, a, b)).toEqual(['a', '', 'b']);
  await b.scope.close();
  await a.scope.close();
});

test('who ends does not wait for long for a server that does not answer', async () => {
  const { client, cut } = severable(plane.trusted, () => new Promise(() => {}));
  const a = contend('a', client);
  await plane.clock.settle();
  cut();
  const ended = a.scope.close();
  await plane.clock.advance(2_000);
  await ended;
});
