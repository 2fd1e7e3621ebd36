import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, silentLog } from '../../src/base/index.ts';
import { createRelay, type DataPlane, type Listener, type Route, type Target } from '../../src/network/index.ts';
import { answering, dial, Endpoint, exchange, failureOf, freePort, freshAddress, listen } from './sockets.ts';

let plane: DataPlane;
let listener: Listener;
let here: Target;
let endpoints: Endpoint[];
const clock = new ManualClock();

beforeEach(async () => {
  endpoints = [];
  plane = createRelay({ clock, random: seededRandom(1), log: silentLog, mostConnections: 3 });
  const address = freshAddress();
  here = { address, port: await freePort(address) };
});

afterEach(async () => {
  await listener?.close();
  await plane.close();
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
});

async function endpoint(serve: (socket: Socket) => void): Promise<Endpoint> {
  const made = await Endpoint.start(serve);
  endpoints.push(made);
  return made;
}

function route(...to: readonly Target[]): Route {
  return { ...here, id: 'TCP test', protocol: 'TCP', service: 'default/web', through: 'ClusterIP', affinityMs: undefined, endpoints: to };
}

async function open(...to: readonly Target[]): Promise<void> {
  listener = await plane.open(route(...to));
}

/** Nobody listens there. */
async function nobody(): Promise<Target> {
  const address = freshAddress();
  return { address, port: await freePort(address) };
}

describe('a connection', () => {
  test('is answered by the endpoint, after the client has ended its half', async () => {
    await open((await endpoint(answering('a'))).target);
    expect(await exchange(here, 'hello')).toBe('a:hello');
  });

  test('carries on from the client after the endpoint has ended its half', async () => {
    let received: Promise<string> | undefined;
    await open((await endpoint((socket) => ((received = text(socket)), socket.end('bye')))).target);
    const client = await dial(here);
    expect(await text(client)).toBe('bye');
    client.end('and thanks');
    expect(await received).toBe('and thanks');
  });

  test('carries many bytes both ways, unchanged', async () => {
    await open((await endpoint((socket) => socket.pipe(socket))).target);
    const sent = 'abcdefgh'.repeat(2 ** 18);
    expect((await exchange(here, sent)) === sent).toBe(true);
  });

  test('is reset when the endpoint resets it', async () => {
    await open((await endpoint((socket) => void socket.once('data', () => socket.resetAndDestroy()))).target);
    const client = await dial(here);
    const failed = new Promise<string | undefined>((resolve) =>
      client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)),
    );
    client.write('x');
    expect(await failed).toBe('ECONNRESET');
  });

  test('ends at the endpoint when the client breaks off', async () => {
    const met = Promise.withResolvers<Socket>();
    await open((await endpoint((socket) => met.resolve(socket.resume()))).target);
    const client = await dial(here);
    const served = await met.promise;
    const closed = new Promise((resolve) => served.once('close', resolve));
    client.resetAndDestroy();
    await closed;
  });
});

describe('endpoints', () => {
  test('take turns', async () => {
    await open(...(await Promise.all(['a', 'b', 'c'].map((name) => endpoint(answering(name))))).map(({ target }) => target));
    const answers: string[] = [];
    for (let i = 0; i < 6; i++) answers.push(await exchange(here));
    expect(answers.toSorted()).toEqual(['a:', 'a:', 'b:', 'b:', 'c:', 'c:']);
  });

  test('that refuse are passed over, and what the client sent early is not lost', async () => {
    await open(await nobody(), await nobody(), (await endpoint(answering('alive'))).target);
    for (let i = 0; i < 3; i++) expect(await exchange(here, 'early')).toBe('alive:early');
  });

  test('that all refuse: the client is reset', async () => {
    await open(await nobody(), await nobody());
    expect(await failureOf(here)).toBe('ECONNRESET');
  });

  test('that leave keep their connections; new ones go elsewhere', async () => {
    const [old, young] = [await endpoint((socket) => socket.pipe(socket)), await endpoint(answering('young'))];
    await open(old.target);
    const standing = await dial(here);
    standing.write('1');
    await once(standing, 'data');
    listener.update(route(young.target));
    expect(await exchange(here)).toBe('young:');
    standing.end('2');
    expect(await text(standing)).toBe('2');
  });
});

describe('a listener', () => {
  test('that is closed refuses, and lets standing connections go on', async () => {
    await open((await endpoint((socket) => socket.pipe(socket))).target);
    const standing = await dial(here);
    standing.write('1');
    await once(standing, 'data');
    await listener.close();
    expect(await failureOf(here)).toBe('ECONNREFUSED');
    standing.end('2');
    expect(await text(standing)).toBe('2');
  });

  test('can be opened again at once at the same address', async () => {
    const { target } = await endpoint(answering('a'));
    await open(target);
    const standing = await dial(here);
    await listener.close();
    await open(target);
    expect(await exchange(here)).toBe('a:');
    standing.destroy();
  });

  test('beyond the bound resets connections, until others have ended', async () => {
    await open((await endpoint((socket) => socket.pipe(socket))).target);
    const standing = await Promise.all([1, 2, 3].map(() => dial(here)));
    for (const client of standing) {
      client.write('1');
      await once(client, 'data');
    }
    expect(await failureOf(here)).toBe('ECONNRESET');
    const gone = once(standing[0]!, 'close');
    standing[0]!.end();
    await Promise.all([gone, once([...endpoints[0]!.sockets][0]!, 'close')]);
    expect(await exchange(here, 'room')).toBe('room');
    for (const client of standing) client.destroy();
  });

  test('whose address is taken is refused with the reason', async () => {
    const other = createServer();
    await listen(other, here.address, here.port);
    await expect(plane.open(route())).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await new Promise((resolve) => other.close(resolve));
  });
});

test('closing the plane ends what stands', async () => {
  await open((await endpoint((socket) => socket.pipe(socket))).target);
  const client = await dial(here);
  client.write('1');
  await once(client, 'data');
  const ended = once(client, 'close');
  client.resume().once('end', () => client.end());
  await plane.close();
  await ended;
});
