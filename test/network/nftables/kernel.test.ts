import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom, silentLog } from '../../../src/base/index.ts';
import type { DataPlane, Route, Target } from '../../../src/network/index.ts';
import { runProgram, systemProgram } from '../../../src/network/nftables/command.ts';
import { openNft, removeTable } from '../../../src/network/nftables/open.ts';
import { answering, dial, Endpoint, exchange, failureOf, freshAddress } from '../sockets.ts';

const TABLE = `slipway-test-${process.pid}`;
const opened = await openNft({ table: TABLE, log: silentLog });
const nft = systemProgram('nft') ?? '';

/** Runs where the machine permits a firewall of our own: root, and the package nftables. */
describe.skipIf(!opened.ok)('the kernel', () => {
  const plane = (opened as { plane: DataPlane }).plane;
  const endpoints: Endpoint[] = [];
  let [a, b]: Target[] = [];

  beforeAll(async () => {
    for (const name of ['a', 'b']) endpoints.push(await Endpoint.start(answering(name)));
    [a, b] = endpoints.map(({ target }) => target);
  });
  afterAll(async () => {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    await plane.close();
    expect(await runProgram(nft, ['list', 'tables'])).not.toContain(TABLE);
  });

  const route = (to: readonly Target[], more: Partial<Route> = {}): Route => {
    const address = freshAddress();
    return {
      id: `TCP ${address}`,
      protocol: 'TCP',
      service: 'a/b',
      through: 'ClusterIP',
      address,
      port: 80,
      affinityMs: undefined,
      endpoints: to,
      ...more,
    };
  };

  const names = async (to: Target, times: number) => {
    const answers: string[] = [];
    for (let i = 0; i < times; i++) answers.push(await exchange(to));
    return new Set(answers);
  };

  test('spreads connections over the endpoints', async () => {
    const web = route([a!, b!]);
    const listener = await plane.open(web);
    // By chance: that all forty go to one has the odds of winning two lotteries.
    expect(await names(web, 40)).toEqual(new Set(['a:', 'b:']));
    await listener.close();
    expect(await failureOf(web)).toBe('ECONNREFUSED');
  });

  test('keeps a client with its endpoint, and moves it when that one leaves', async () => {
    const web = route([a!, b!], { affinityMs: 60_000 });
    const listener = await plane.open(web);
    const [home] = await names(web, 20);
    expect(await names(web, 20)).toEqual(new Set([home]));
    const other = home === 'a:' ? b! : a!;
    await listener.update({ ...web, endpoints: [other] });
    expect(await names(web, 5)).toEqual(new Set([home === 'a:' ? 'b:' : 'a:']));
    await listener.close();
  });

  test('refuses at once where there is no endpoint, and lets what stands go on', async () => {
    const web = route([a!]);
    const listener = await plane.open(web);
    const client = await dial(web);
    await listener.update({ ...web, endpoints: [] });
    expect(await failureOf(web)).toBe('ECONNREFUSED');
    client.end('still here');
    expect(await text(client)).toBe('a:still here');
    await listener.close();
  });

  test('admits clients from networks that are named, whatever else is', async () => {
    const web = route([a!], { sources: ['127.0.0.0/8', 'fd00::/8'], through: 'LoadBalancer' });
    const listener = await plane.open(web);
    expect(await exchange(web)).toBe('a:');
    await listener.close();
  });

  test.skipIf(!systemProgram('conntrack'))('moves a client that sends datagrams when its endpoint leaves', async () => {
    const servers = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const socket = createSocket('udp4').bind(0, freshAddress());
        await once(socket, 'listening');
        return socket.on('message', (message, from) => socket.send(`${name}:${String(message)}`, from.port, from.address));
      }),
    );
    const [first, second] = servers.map((socket) => socket.address());
    const dns = route([first!], { protocol: 'UDP', port: 5353 });
    const listener = await plane.open(dns);
    const client = createSocket('udp4');
    client.connect(dns.port, dns.address);
    await once(client, 'connect');
    const say = async (what: string) => {
      const answer = once(client, 'message');
      client.send(what);
      return String(((await answer) as [Buffer])[0]);
    };
    expect(await say('1')).toBe('a:1');
    await listener.update({ ...dns, endpoints: [second!] });
    expect(await say('2')).toBe('b:2');
    await listener.close();
    for (const socket of [client, ...servers]) socket.close();
  });

  test('is told everything again when somebody has cleared its tables', async () => {
    const [web, other] = [route([a!]), route([b!])];
    const listeners = [await plane.open(web), await plane.open(other)];
    await runProgram(nft, ['delete', 'table', 'ip', TABLE]);
    await listeners[0]!.update({ ...web, endpoints: [a!, b!] });
    expect(await exchange(other)).toBe('b:');
    await Promise.all(listeners.map((listener) => listener.close()));
  });

  test('takes whatever comes after whatever was', async () => {
    const random = seededRandom(7);
    const pick = (below: number) => Math.floor(random.fraction() * below);
    const address = freshAddress();
    const some = (): Partial<Route> => ({
      id: `TCP ${address}`,
      address,
      endpoints: [a!, b!].filter(() => pick(3) > 0),
      affinityMs: [undefined, 60_000, 90_000][pick(3)],
      ...(pick(4) === 0 ? { sources: ['127.0.0.0/8'] } : {}),
    });
    const listener = await plane.open(route([], some()));
    for (let i = 0; i < 60; i++) await listener.update(route([], some()));
    await listener.close();
    const left = await runProgram(nft, ['list', 'table', 'ip', TABLE]);
    expect(left).not.toContain(address);
  });

  const life = async (table: string, owner?: string) => {
    const next = await openNft({ table, owner, log: silentLog });
    if (!next.ok) throw new Error(next.because);
    return next.plane;
  };

  test('carries on for an earlier life until the next one has told it everything', async () => {
    const table = `${TABLE}-lives`;
    const [web, other] = [route([a!]), route([b!])];
    // Killed: nobody closes it.
    await (await life(table)).open(web);
    const now = await life(table);
    expect(await exchange(web)).toBe('a:');
    await now.begin!([other]);
    expect(await failureOf(web)).toBe('ECONNREFUSED');
    expect(await exchange(other)).toBe('b:');
    await now.close();
  });

  test('is rid of a table whose data directory is gone, and of no other', async () => {
    const [orphan, kept] = [`slipway-${process.pid}-orphan`, `slipway-${process.pid}-kept`];
    await (
      await life(orphan, join(tmpdir(), 'slipway-is-not-there'))
    ).begin!([]);
    await (
      await life(kept, tmpdir())
    ).begin!([]);
    await life(TABLE);
    const tables = await runProgram(nft, ['list', 'tables']);
    expect(tables).toContain(kept);
    expect(tables).not.toContain(orphan);
    await removeTable(kept);
  });
});
