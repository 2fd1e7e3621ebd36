import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/index.ts';
import { Balancer } from '../../src/network/balancer.ts';
import { routesOf, type Route } from '../../src/network/index.ts';
import { service, slice } from './samples.ts';

const [a, b, c] = ['127.1.0.1', '127.1.0.2', '127.1.0.3'] as const;

function route(endpoints: readonly string[], sticky = false): Route {
  const affinity = sticky ? { sessionAffinity: 'ClientIP' as const, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } } : {};
  return routesOf([service('web', affinity)], [slice('web', endpoints)])[0]!;
}

const firstOf = (balancer: Balancer, client = 'me', now = 0) => balancer.order(client, now)[0]?.address;

/** One connection: to the first endpoint, which takes it. */
function connect(balancer: Balancer, client: string, now: number): string {
  const target = balancer.order(client, now)[0]!;
  balancer.connected(client, target, now);
  return target.address;
}

describe('without affinity', () => {
  test('connections are spread evenly', () => {
    const balancer = new Balancer(route([a, b, c]), seededRandom(1));
    const counts = Map.groupBy(
      Array.from({ length: 300 }, () => firstOf(balancer)),
      (address) => address,
    );
    expect([...counts.values()].map((connections) => connections.length)).toEqual([100, 100, 100]);
  });

  test('every endpoint is tried, each once', () => {
    const balancer = new Balancer(route([a, b, c]), seededRandom(1));
    for (let i = 0; i < 5; i++)
      expect(
        balancer
          .order('me', 0)
          .map(({ address }) => address)
          .toSorted(),
      ).toEqual([a, b, c]);
  });

  test('routes do not all begin with the same endpoint', () => {
    const first = Array.from({ length: 50 }, (_, seed) => firstOf(new Balancer(route([a, b, c]), seededRandom(seed))));
    expect(new Set(first).size).toBe(3);
  });

  test('no endpoint', () => {
    expect(new Balancer(route([]), seededRandom(1)).order('me', 0)).toEqual([]);
  });
});

describe('with affinity', () => {
  test('a client stays with its endpoint, others are spread', () => {
    const balancer = new Balancer(route([a, b, c], true), seededRandom(1));
    const mine = connect(balancer, 'me', 0);
    expect(new Set(['x', 'y', 'z'].map((client) => connect(balancer, client, 0))).size).toBe(3);
    expect(connect(balancer, 'me', 1)).toBe(mine);
  });

  test('as long as its last connection is not too old', () => {
    const balancer = new Balancer(route([a, b, c], true), seededRandom(1));
    const mine = connect(balancer, 'me', 0);
    expect(connect(balancer, 'me', 59_999)).toBe(mine);
    expect(connect(balancer, 'me', 119_998)).toBe(mine);
    expect(connect(balancer, 'me', 179_998)).not.toBe(mine);
  });

  test('moves when its endpoint has gone, and stays there', () => {
    const balancer = new Balancer(route([a, b, c], true), seededRandom(1));
    const mine = connect(balancer, 'me', 0);
    const others = [a, b, c].filter((address) => address !== mine);
    balancer.update(route(others, true));
    const next = connect(balancer, 'me', 1);
    expect(others).toContain(next);
    balancer.update(route([a, b, c], true));
    expect(connect(balancer, 'me', 2)).toBe(next);
  });
});
