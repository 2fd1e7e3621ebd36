import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { constants, createDeflate, createInflate } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { forwardPorts } from '../../src/kubelet/streams/portforward.ts';
import { SPDY_DICTIONARY } from '../../src/kubelet/streams/spdydictionary.ts';
import { upgradeHandler } from '../../src/kubelet/streams/upgrade.ts';
import { isRunning, Machine } from './processes.ts';
import { pod } from './samples.ts';

let machine: Machine;
let server: Server;
let base: string;
const clients: WebSocket[] = [];

beforeEach(async () => {
  machine = new Machine();
  await machine.boot();
  const upgrade = upgradeHandler({
    runtime: machine.runtime,
    pod: (_, name) => (name === 'web' ? pod({}, { metadata: { uid: 'pod' } }) : undefined),
  });
  server = createServer().on('upgrade', (request, socket, head) => upgrade(new URL(`http://n${request.url}`), request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await new Promise((resolve) => server.close(resolve));
  await machine.close();
});

interface Heard {
  readonly out: string;
  readonly err: string;
  readonly outcome: { readonly status?: string; readonly message?: string; readonly details?: { causes: { message: string }[] } };
}

function open(path: string, protocol = 'v5.channel.k8s.io'): WebSocket {
  const client = new WebSocket(`${base}${path}`, protocol);
  clients.push(client);
  return client;
}

/** All that comes until the other side ends it. */
function hear(client: WebSocket): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const channels = ['', '', '', ''];
    client.on('message', (message: Buffer) => (channels[message[0]!] += message.toString('utf8', 1)));
    client.on('close', () =>
      resolve({ out: channels[1]!, err: channels[2]!, outcome: JSON.parse(channels[3] || '{}') as Heard['outcome'] }),
    );
    client.on('error', reject);
  });
}

const message = (channel: number, text: string | number[]) => Buffer.concat([Buffer.from([channel]), Buffer.from(text as string)]);
const command = (...words: string[]) => words.map((word) => `command=${encodeURIComponent(word)}`).join('&');
const script = (text: string) => command('sh', '-c', text);
const running = async () => {
  await machine.pod();
  await machine.start('echo up; exec sleep 1000');
};

describe('exec', () => {
  test('brings both streams and the exit code', async () => {
    await running();
    const { out, err, outcome } = await hear(
      open(`/exec/default/web/main?stdout=true&stderr=true&${script('echo out; echo err >&2; exit 3')}`),
    );
    expect([out, err]).toEqual(['out\n', 'err\n']);
    expect(outcome).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  test('takes an input until the client closes it', async () => {
    await running();
    const client = open(`/exec/default/web/main?stdin=true&stdout=true&${command('cat')}`);
    client.on('open', () => {
      client.send(message(0, 'first '));
      client.send(message(0, 'last'));
      client.send(message(255, [0]));
    });
    expect(await hear(client)).toMatchObject({ out: 'first last', outcome: { status: 'Success' } });
  });

  test('on a terminal has the size that the client says', async () => {
    await running();
    const look = 'until [ "$(stty size)" = "33 111" ]; do :; done; tty; stty size';
    const client = open(`/exec/default/web/main?stdin=true&stdout=true&tty=true&${script(look)}`);
    client.on('open', () => client.send(message(4, JSON.stringify({ Width: 111, Height: 33 }))));
    expect((await hear(client)).out.split('\r\n').slice(0, 2)).toEqual([expect.stringMatching(/^\/dev\/pts\/\d+$/), '33 111']);
  });

  test('ends its command when the client goes', async () => {
    await running();
    const client = open(`/exec/default/web/main?stdout=true&${script('echo $$; exec sleep 986')}`);
    const pid = await new Promise<number>((resolve) => client.on('message', (text: Buffer) => resolve(Number(text.toString('utf8', 1)))));
    client.terminate();
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  test.each([
    ['of a container that does not run', '/exec/default/web/other?command=true', 'container not found ("other")'],
    ['of a program that is not there', `/exec/default/web/main?${command('no-such-program')}`, 'exit status 127'],
  ])('%s fails with the reason', async (_, path, text) => {
    await running();
    expect((await hear(open(path))).outcome.message).toContain(text);
  });

  test.each([
    ['a pod that is not here', '/exec/default/none/main?command=true', 'v5.channel.k8s.io', 404],
    ['a protocol of another time', '/exec/default/web/main?command=true', 'base64.channel.k8s.io', 400],
  ])('%s is refused', async (_, path, protocol, code) => {
    await expect(hear(open(path, protocol))).rejects.toThrow(String(code));
  });
});

test('attach shows what is written from now on, and brings what is typed', async () => {
  await machine.pod();
  await machine.start('echo up; while read -r line; do echo "got $line"; [ "$line" = end ] && exit 0; done', { stdin: true });
  await machine.says('up');
  const client = open('/attach/default/web/main?stdin=true&stdout=true');
  client.on('open', () => client.send(message(0, 'one\nend\n')));
  expect(await hear(client)).toMatchObject({ out: 'got one\ngot end\n', outcome: { status: 'Success' } });
});

describe('port-forward', () => {
  /** What a client sends: two streams for a connection, compressed headers and all. */
  class Peer {
    readonly #deflate = createDeflate({ dictionary: SPDY_DICTIONARY });
    readonly #inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
    readonly data = new Map<number, string>();
    readonly ended = new Set<number>();

    constructor(client: WebSocket, changed: () => void) {
      client.on('message', (bytes: Buffer) => {
        if ((bytes[0]! & 0x80) === 0) {
          const stream = bytes.readUInt32BE(0);
          this.data.set(stream, (this.data.get(stream) ?? '') + bytes.toString('utf8', 8));
          if (bytes[4] === 1) this.ended.add(stream);
          changed();
        }
      });
      this.#inflate.resume();
    }

    async open(stream: number, headers: Record<string, string>): Promise<Buffer> {
      const text = (word: string) => [number(word.length), Buffer.from(word)];
      const plain = Buffer.concat([number(Object.keys(headers).length), ...Object.entries(headers).flat().flatMap(text)]);
      const block = await new Promise<Buffer>((resolve) => {
        const pieces: Buffer[] = [];
        const take = (piece: Buffer) => pieces.push(piece);
        this.#deflate.on('data', take).write(plain);
        this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(Buffer.concat(pieces)));
      });
      this.#deflate.removeAllListeners('data');
      return frame([0x80, 3, 0, 1], 0, Buffer.concat([number(stream), number(0), Buffer.alloc(2), block]));
    }
  }

  const number = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  const frame = (head: number[], flags: number, body: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    length[0] = flags;
    return Buffer.concat([Buffer.from(head), length, body]);
  };

  /** Apart from the handshake: the name of its protocol has a slash, which this client does not send. */
  async function forward(ip: string, port: number, sends: string): Promise<Peer> {
    const sockets = new WebSocketServer({ noServer: true });
    server.removeAllListeners('upgrade');
    server.on('upgrade', (request, socket, head) =>
      sockets.handleUpgrade(request, socket, head, (each) =>
        forwardPorts(each, (to) => connect({ host: ip, port: to, allowHalfOpen: true })),
      ),
    );
    const client = new WebSocket(base);
    clients.push(client);
    const { promise, resolve } = Promise.withResolvers<void>();
    const peer: Peer = new Peer(client, () => peer.ended.has(1) && peer.ended.has(3) && resolve());
    await new Promise((opened) => client.on('open', opened));
    client.send(await peer.open(1, { streamtype: 'error', port: String(port), requestid: '0' }));
    client.send(await peer.open(3, { streamtype: 'data', port: String(port), requestid: '0' }));
    client.send(frame([...number(3)], 1, Buffer.from(sends)));
    await promise;
    return peer;
  }

  test('carries a connection to the pod’s own address, both ways and to its end', async () => {
    const ip = await machine.pod();
    const echo = `require('node:net').createServer({allowHalfOpen:true}, (s) => s.pipe(s)).listen(18480, '${ip}', () => console.log('up'))`;
    await machine.start('', { command: [process.execPath, '-e', echo] });
    await machine.says('up');
    const { data } = await forward(ip, 18480, 'hello');
    expect(data.get(3)).toBe('hello');
    expect(data.get(1)).toBe('');
  });

  test('says why a connection could not be made', async () => {
    const ip = await machine.pod();
    const { data } = await forward(ip, 18481, '');
    expect(data.get(1)).toBe(`error forwarding port 18481 to pod: dial tcp4 ${ip}:18481: connect: connection refused`);
  });
});
