import { beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../../src/base/index.ts';
import { NftPlane } from '../../../src/network/nftables/plane.ts';
import type { Route } from '../../../src/network/index.ts';

let applied: string[];
let forgotten: string[];
let plane: NftPlane;

beforeEach(() => {
  applied = [];
  forgotten = [];
  plane = new NftPlane({
    table: 't',
    log: silentLog,
    apply: async (commands) => {
      if (commands.includes('bad')) throw new Error('syntax error');
      applied.push(commands);
    },
    forget: async ({ address }, endpoint) => void forgotten.push(`${address} ${endpoint?.address ?? 'any'}`),
  });
});

const route = (address: string, endpoints: readonly string[] = ['10.1.0.1'], more: Partial<Route> = {}): Route => ({
  id: `TCP ${address}:80`,
  protocol: 'TCP',
  service: 'shop/web',
  through: 'ClusterIP',
  address,
  port: 80,
  affinityMs: undefined,
  endpoints: endpoints.map((each) => ({ address: each, port: 8080 })),
  ...more,
});

const elements = (commands: string | undefined) => commands?.match(/^(?:add|delete) element .*$/gm) ?? [];

describe('a start', () => {
  const all = ['10.96.0.1', '10.96.0.2', '10.96.0.3'].map((address) => route(address));

  test('puts everything in the place of an earlier table at once: between the two there is no moment without one', async () => {
    expect(applied).toEqual([]);
    await plane.begin(all);
    expect(applied).toHaveLength(1);
    expect(applied[0]).toMatch(/^add table ip t\ndelete table ip t\ntable ip t \{/);
    expect(elements(applied[0])).toHaveLength(4);
    await Promise.all(all.map((each) => plane.open(each)));
    expect(applied).toHaveLength(1);
  });

  test('without a route ends an earlier table too', async () => {
    await plane.begin([]);
    expect(applied).toEqual([expect.stringMatching(/^add table ip t\ndelete table ip t\ntable ip t \{/)]);
  });

  test('with a route that the kernel refuses puts the others in force', async () => {
    await plane.begin([route('bad'), ...all]);
    expect(applied.flatMap(elements)).toHaveLength(4);
    await expect(plane.open(route('bad'))).rejects.toThrow('syntax error');
  });
});

describe('changes', () => {
  test('that come together are one transaction', async () => {
    await Promise.all(['10.96.0.1', '10.96.0.2', '10.96.0.3'].map((address) => plane.open(route(address))));
    expect(applied).toHaveLength(1);
    expect(elements(applied[0])).toHaveLength(4);
  });

  test('of one route that come together count by the last', async () => {
    const listener = await plane.open(route('10.96.0.1'));
    await Promise.all([listener.update(route('10.96.0.1', [])), listener.update(route('10.96.0.1', ['10.1.0.2']))]);
    expect(applied[1]).not.toContain('refused');
    expect(applied[1]).toContain('10.1.0.2 . 8080');
  });

  test('that change nothing are not sent', async () => {
    const listener = await plane.open(route('10.96.0.1'));
    await listener.update(route('10.96.0.1'));
    expect(applied).toHaveLength(1);
  });

  test('that the kernel refuses are told alone; the others hold', async () => {
    const outcomes = await Promise.allSettled([plane.open(route('10.96.0.1')), plane.open(route('bad')), plane.open(route('10.96.0.3'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(applied).toHaveLength(2);
  });
});

test('an endpoint of two Services reaches itself until the last of them has lost it', async () => {
  const listeners = await Promise.all([plane.open(route('10.96.0.1')), plane.open(route('10.96.0.2'))]);
  const hairpins = () => applied.flatMap(elements).filter((line) => line.includes('hairpins'));
  await listeners[0].close();
  expect(hairpins()).toEqual(['add element ip t hairpins { 10.1.0.1 . 10.1.0.1 }']);
  await listeners[1].close();
  expect(hairpins().at(-1)).toBe('delete element ip t hairpins { 10.1.0.1 . 10.1.0.1 }');
});

test('clients that send datagrams are moved from what has left, and from when there was nobody', async () => {
  const udp = (endpoints: readonly string[]) => route('10.96.0.1', endpoints, { protocol: 'UDP' });
  const listener = await plane.open(udp([]));
  await listener.update(udp(['10.1.0.1', '10.1.0.2']));
  expect(forgotten).toEqual(['10.96.0.1 any']);
  await listener.update(udp(['10.1.0.2']));
  expect(forgotten.at(-1)).toBe('10.96.0.1 10.1.0.1');
  await listener.close();
  expect(forgotten.at(-1)).toBe('10.96.0.1 10.1.0.2');
});

test('at the end the table is gone', async () => {
  await plane.open(route('10.96.0.1'));
  await plane.close();
  expect(applied.at(-1)).toBe('add table ip t\ndelete table ip t\n');
});
