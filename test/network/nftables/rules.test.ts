import { describe, expect, test } from 'vitest';
import { emptyTable, rulesOf, transactionOf, type RouteRules } from '../../../src/network/nftables/rules.ts';
import type { Route } from '../../../src/network/index.ts';

const route = (endpoints: readonly string[], more: Partial<Route> = {}): Route => ({
  id: 'TCP 10.96.0.10:80',
  protocol: 'TCP',
  service: 'shop/web',
  through: 'ClusterIP',
  address: '10.96.0.10',
  port: 80,
  affinityMs: undefined,
  endpoints: endpoints.map((address) => ({ address, port: 8080 })),
  ...more,
});

const NONE = { added: [], removed: [] };
const change = (before: Route | undefined, after: Route | undefined) =>
  transactionOf('t', [{ before: before && rulesOf(before), after: after && rulesOf(after) }], NONE);

const golden = (name: string) => `../../../fixtures/nftables/${name}.nft`;

describe('the commands', () => {
  const one = route(['10.1.0.1']);
  const two = route(['10.1.0.1', '10.1.0.2']);
  const sticky = (seconds: number, ...endpoints: string[]) => route(endpoints, { affinityMs: seconds * 1000 });

  test.each<[name: string, before: Route | undefined, after: Route | undefined]>([
    ['a-route-comes', undefined, two],
    ['a-route-goes', two, undefined],
    ['an-endpoint-comes', one, two],
    ['the-last-endpoint-goes', one, route([])],
    ['the-first-endpoint-comes', route([]), one],
    ['a-route-without-endpoints-comes', undefined, route([])],
    ['affinity-comes', two, sticky(60, '10.1.0.1', '10.1.0.2')],
    ['affinity-with-a-new-endpoint', sticky(60, '10.1.0.1'), sticky(60, '10.1.0.1', '10.1.0.2')],
    ['affinity-loses-an-endpoint', sticky(60, '10.1.0.1', '10.1.0.2'), sticky(60, '10.1.0.2')],
    ['affinity-of-another-time', sticky(60, '10.1.0.1'), sticky(90, '10.1.0.1')],
    ['affinity-goes', sticky(60, '10.1.0.1'), one],
    ['a-node-port', undefined, route(['10.1.0.1'], { through: 'NodePort', address: '192.0.2.1', port: 30_080 })],
    [
      'a-node-port-that-keeps-the-source',
      undefined,
      route(['10.1.0.1'], { through: 'NodePort', address: '192.0.2.1', port: 30_080, keepsSource: true }),
    ],
    [
      'a-balancer-for-some-networks',
      undefined,
      route(['10.1.0.1'], { through: 'LoadBalancer', address: '192.0.2.1', sources: ['198.51.100.0/24', '203.0.113.0/24'] }),
    ],
    [
      'a-balancer-for-networks-of-the-other-family',
      undefined,
      route(['10.1.0.1'], { through: 'LoadBalancer', address: '192.0.2.1', sources: ['fd00::/8'] }),
    ],
    ['datagrams-of-process-pods', undefined, route(['127.64.0.1'], { protocol: 'UDP', address: '127.96.0.10', port: 53 })],
  ])('%s', async (name, before, after) => {
    await expect(change(before, after)).toMatchFileSnapshot(golden(name));
  });

  test('of the empty table', async () => {
    await expect(emptyTable('slipway-1')).toMatchFileSnapshot(golden('empty-table'));
  });

  test.each([two, sticky(60, '10.1.0.1', '10.1.0.2'), route([])])('are none when nothing changes', (same) => {
    expect(change(same, { ...same })).toBe('');
  });

  test('of several routes unlink before they link, so that an address can move', () => {
    const rules = (id: string, at: Route): RouteRules => ({ ...rulesOf(at), chains: new Map([[id, ['accept']]]) });
    const commands = transactionOf(
      't',
      [
        { before: undefined, after: rules('new', one) },
        { before: rules('old', one), after: undefined },
      ],
      NONE,
    );
    const at = (text: string) => commands.indexOf(text);
    expect(at('delete element ip t services')).toBeLessThan(at('add element ip t services'));
    expect(at('add element ip t services')).toBeLessThan(at('delete chain ip t old'));
  });

  test('keep the pairs by which endpoints reach their own Service', () => {
    expect(rulesOf(two).hairpins).toEqual(['10.1.0.1 . 10.1.0.1', '10.1.0.2 . 10.1.0.2']);
    expect(transactionOf('t', [], { added: ['10.1.0.1 . 10.1.0.1'], removed: ['10.1.0.2 . 10.1.0.2'] })).toBe(
      'add element ip t hairpins { 10.1.0.1 . 10.1.0.1 }\ndelete element ip t hairpins { 10.1.0.2 . 10.1.0.2 }\n',
    );
  });
});
