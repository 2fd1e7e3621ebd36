import { createSocket, type Socket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock, Millis, Random } from '../../base/index.ts';

/** A resolver of the machine. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
}

export interface ForwardOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Asked for each time, as the machine may move to another network. */
  readonly upstreams: () => readonly Upstream[];
}

const PATIENCE: Millis = 2_000;
/** Questions that wait for an answer at the same time: more are refused, so that a dead resolver costs no memory. */
const MOST_OPEN = 1_000;

/** Asks the machine's resolvers, one after the other, and passes their answers on as they are. */
export class Forwarder {
  readonly #options: ForwardOptions;
  readonly #open = new Set<{ close(): void }>();

  constructor(options: ForwardOptions) {
    this.#options = options;
  }

  /** Undefined: nobody answered. */
  async ask(query: Buffer): Promise<Buffer | undefined> {
    for (const upstream of this.#options.upstreams()) {
      if (this.#open.size >= MOST_OPEN) return undefined;
      const id = Math.floor(this.#options.random.fraction() * 0x10000);
      const short = await this.#askOnce(withId(query, id), upstream, askByDatagram);
      const answer = short && isCut(short) ? ((await this.#askOnce(withId(query, id), upstream, askByStream)) ?? short) : short;
      if (answer) return withId(answer, query.readUInt16BE(0));
    }
    return undefined;
  }

  close(): void {
    for (const each of this.#open) each.close();
  }

  #askOnce(query: Buffer, upstream: Upstream, way: Way): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const settle = (answer: Buffer | undefined) => {
        if (!this.#open.delete(asking)) return;
        timer.cancel();
        stop();
        resolve(answer);
      };
      const asking = { close: () => settle(undefined) };
      const timer = this.#options.clock.after(PATIENCE, () => settle(undefined));
      this.#open.add(asking);
      const stop = way(query, upstream, settle);
    });
  }
}

type Way = (query: Buffer, upstream: Upstream, settle: (answer: Buffer | undefined) => void) => () => void;

/** The same message under another number. */
function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

const TRUNCATED = 0x02;
const isCut = (message: Buffer) => (message[2]! & TRUNCATED) !== 0;

/** From a port of its own each time: whoever would forge an answer must guess that too. */
const askByDatagram: Way = (query, { address, port }, settle) => {
  const socket: Socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.on('error', () => settle(undefined));
  socket.on('message', (answer) => {
    if (answer.length >= 12 && answer.readUInt16BE(0) === query.readUInt16BE(0)) settle(answer);
  });
  socket.connect(port, address, () => socket.send(query));
  return () => socket.close();
};

const askByStream: Way = (query, { address, port }, settle) => {
  const socket = connect(port, address);
  let received = Buffer.alloc(0);
  socket.on('error', () => settle(undefined));
  socket.on('end', () => settle(undefined));
  socket.on('data', (part) => {
    received = Buffer.concat([received, part]);
    const length = received.length < 2 ? Number.POSITIVE_INFINITY : received.readUInt16BE(0);
    if (received.length >= length + 2) settle(received.subarray(2, length + 2));
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  return () => socket.destroy();
};
