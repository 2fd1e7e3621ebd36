import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock, seededRandom, silentLog } from '../../src/base/index.ts';
import { createRelay, type DataPlane, type Listener, type Route, type Target } from '../../src/network/index.ts';
import { freshAddress } from './sockets.ts';

let clock: ManualClock;
let plane: DataPlane;
let listener: Listener;
let sockets: Socket[];
const here: Target = { address: freshAddress(), port: 40_053 };

beforeEach(() => {
  clock = new ManualClock();
  sockets = [];
  plane = createRelay({ clock, random: seededRandom(1), log: silentLog });
});

afterEach(async () => {
  await plane.close();
  await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
});

/** Answers with its name, what it was sent and from which port. */
async function endpoint(name: string): Promise<Target> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, freshAddress());
  await once(socket, 'listening');
  socket.on('message', (message, { address, port }) => socket.send(`${name}:${String(message)}:${port}`, port, address));
  return socket.address();
}

const route = (endpoints: readonly Target[], more: Partial<Route> = {}): Route => ({
  ...here,
  id: 'UDP test',
  protocol: 'UDP',
  service: 'default/dns',
  through: 'ClusterIP',
  affinityMs: undefined,
  endpoints,
  ...more,
});

async function open(endpoints: readonly Target[], more?: Partial<Route>): Promise<void> {
  listener = await plane.open(route(endpoints, more));
}

async function client(from = '127.0.0.1'): Promise<(text: string) => Promise<string>> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, from);
  socket.connect(here.port, here.address);
  await once(socket, 'connect');
  return async (text) => {
    const answer = once(socket, 'message');
    socket.send(text);
    return String(((await answer) as [Buffer])[0]);
  };
}

const nameIn = (answer: string) => answer.split(':')[0]!;
const portIn = (answer: string) => answer.split(':')[2]!;

describe('datagrams', () => {
  test('of one client go to one endpoint over one socket, and are answered', async () => {
    await open([await endpoint('a'), await endpoint('b')]);
    const say = await client();
    const answers = [await say('1'), await say('2'), await say('3')];
    expect(answers.map((answer) => answer.split(':')[1])).toEqual(['1', '2', '3']);
    expect(new Set(answers.map((answer) => `${nameIn(answer)} ${portIn(answer)}`)).size).toBe(1);
  });

  test('of several clients are spread', async () => {
    await open([await endpoint('a'), await endpoint('b')]);
    const answers = [await (await client())('x'), await (await client())('x')];
    expect(answers.map(nameIn).toSorted()).toEqual(['a', 'b']);
  });

  test('of clients of one machine stay together where the Service says so', async () => {
    await open([await endpoint('a'), await endpoint('b')], { affinityMs: 10_000 });
    const answers = [await (await client())('x'), await (await client())('x'), await (await client())('x')];
    expect(new Set(answers.map(nameIn)).size).toBe(1);
  });

  test('go elsewhere when their endpoint has left', async () => {
    const [a, b] = [await endpoint('a'), await endpoint('b')];
    await open([a]);
    const say = await client();
    expect(nameIn(await say('x'))).toBe('a');
    void listener.update(route([b]));
    expect(nameIn(await say('x'))).toBe('b');
  });

  test('of a client that was silent for a minute begin anew, and not before', async () => {
    await open([await endpoint('a')]);
    const say = await client();
    const first = await say('x');
    await clock.advance(59_000);
    expect(portIn(await say('x'))).toBe(portIn(first));
    await clock.advance(60_000);
    expect(portIn(await say('x'))).not.toBe(portIn(first));
  });

  test('from networks that the Service does not name are not heard', async () => {
    const admitted = freshAddress();
    await open([await endpoint('a')], { sources: [`${admitted}/32`] });
    const socket = createSocket('udp4');
    sockets.push(socket);
    const heard: string[] = [];
    socket.on('message', (message) => heard.push(String(message)));
    socket.send('x', here.port, here.address);
    await (
      await client(admitted)
    )('y');
    expect(heard).toEqual([]);
  });
});

test('an address that is taken is the error of the system', async () => {
  await open([]);
  await expect(plane.open(route([]))).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
