import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { messageOf, type Log } from '../../base/index.ts';
import type { Resolver } from './resolver.ts';

export interface Listening {
  readonly address: string;
  /** 0 takes a free one. */
  readonly port: number;
}

const LONGEST_SILENCE_MS = 10_000;
const MOST_STREAMS = 200;
const LARGEST_QUESTION = 4_096;

/** Takes questions as datagrams and over streams at one address. */
export class DnsServer {
  readonly #resolver: Resolver;
  readonly #log: Log;
  readonly #datagrams: Datagrams;
  readonly #server: Server;
  readonly #streams = new Set<Socket>();

  constructor(resolver: Resolver, log: Log, address: string) {
    this.#resolver = resolver;
    this.#log = log;
    this.#datagrams = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    this.#server = createServer({ noDelay: true }, (stream) => this.#serve(stream));
    this.#server.maxConnections = MOST_STREAMS;
  }

  /** Rejects with the system's error when the address cannot be had. Gives the port. */
  async listen({ address, port }: Listening): Promise<number> {
    this.#server.listen(port, address);
    await once(this.#server, 'listening');
    const taken = (this.#server.address() as { port: number }).port;
    try {
      this.#datagrams.bind({ address, port: taken });
      await once(this.#datagrams, 'listening');
    } catch (error) {
      this.#server.close();
      throw error;
    }
    this.#datagrams.on('message', (message, { address: to, port: at }) => {
      this.#answer(message, 'datagram', (answer) => this.#datagrams.send(answer, at, to));
    });
    this.#datagrams.on('error', (error) => this.#log.warn({ error: error.message }, 'dns socket failed'));
    return taken;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    const closed = [once(this.#datagrams, 'close'), once(this.#server, 'close')];
    this.#datagrams.close();
    this.#server.close();
    await Promise.all(closed);
  }

  #answer(message: Buffer, over: 'datagram' | 'stream', send: (answer: Buffer) => void): void {
    this.#resolver.resolve(message, over).then(
      (answer) => answer && send(answer),
      (error: unknown) => this.#log.warn({ error: messageOf(error) }, 'dns question not answered'),
    );
  }

  /** Each message on a stream is preceded by its length. */
  #serve(stream: Socket): void {
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('error', () => stream.destroy());
    stream.setTimeout(LONGEST_SILENCE_MS, () => stream.destroy());
    let rest = Buffer.alloc(0);
    stream.on('data', (part: Buffer) => {
      rest = Buffer.concat([rest, part]);
      while (rest.length >= 2) {
        const length = rest.readUInt16BE(0);
        if (length > LARGEST_QUESTION) return void stream.destroy();
        if (rest.length < length + 2) return;
        const message = rest.subarray(2, length + 2);
        rest = rest.subarray(length + 2);
        this.#answer(message, 'stream', (answer) => void stream.write(withLength(answer)));
      }
    });
  }
}

function withLength(message: Buffer): Buffer {
  const framed = Buffer.alloc(message.length + 2);
  framed.writeUInt16BE(message.length);
  message.copy(framed, 2);
  return framed;
}
