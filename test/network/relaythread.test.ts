import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLog } from '../../src/base/index.ts';
import type { Route, Target } from '../../src/network/index.ts';
import { ThreadedRelay } from '../../src/network/relaythread.ts';
import { answering, Endpoint, exchange, failureOf, freePort, freshAddress } from './sockets.ts';

let relay: ThreadedRelay;
let endpoints: Endpoint[];
let here: Target;

beforeEach(async () => {
  relay = new ThreadedRelay(silentLog);
  endpoints = [await Endpoint.start(answering('a')), await Endpoint.start(answering('b'))];
  const address = freshAddress();
  here = { address, port: await freePort(address) };
});

afterEach(async () => {
  await relay.close();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});

const route = (...to: readonly Endpoint[]): Route => ({
  ...here,
  id: 'TCP test',
  protocol: 'TCP',
  service: 'default/web',
  through: 'ClusterIP',
  affinityMs: undefined,
  endpoints: to.map(({ target }) => target),
});

test('a relay in a thread carries, follows its route, and ends', async () => {
  const [a, b] = endpoints as [Endpoint, Endpoint];
  const listener = await relay.open(route(a));
  expect(await exchange(here, 'hello')).toBe('a:hello');
  void listener.update(route(b));
  // An answer to a later order: the update has been heard.
  await expect(relay.open(route(a))).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(await exchange(here, 'hello')).toBe('b:hello');
  await listener.close();
  expect(await failureOf(here)).toBe('ECONNREFUSED');
});

test('a relay that was never needed starts no thread', async () => {
  await expect(relay.close()).resolves.toBeUndefined();
});
