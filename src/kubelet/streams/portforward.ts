import { PassThrough, type Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { FrameReader, FrameWriter, type Frame, type Headers } from './spdy.ts';

/** Kubernetes' port-forward: SPDY streams inside a WebSocket, two for each connection: one for its bytes, one for its error. */
export const FORWARD_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

const LARGEST_PIECE = 64 * 1024;

/** Connects to a port of the pod. */
export type Dial = (port: number) => Duplex | Promise<Duplex>;

export function forwardPorts(client: WebSocket, dial: Dial): void {
  const forwarder = new Forwarder(client, dial);
  let working = Promise.resolve();
  client.on('message', (bytes: Buffer) => {
    working = working.then(() => forwarder.take(bytes)).catch(() => client.terminate());
  });
  client.on('error', () => client.terminate());
  client.on('close', () => forwarder.close());
}

class Forwarder {
  readonly #client: WebSocket;
  readonly #dial: Dial;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  /** The stream for errors of each connection, by its request. */
  readonly #errors = new Map<string, number>();
  readonly #connections = new Map<number, Duplex>();

  constructor(client: WebSocket, dial: Dial) {
    this.#client = client;
    this.#dial = dial;
  }

  async take(bytes: Buffer): Promise<void> {
    for (const frame of await this.#reader.read(bytes)) await this.#frame(frame);
  }

  close(): void {
    for (const socket of this.#connections.values()) socket.destroy();
    this.#reader.close();
    this.#writer.close();
  }

  async #frame(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'open':
        await this.#send(await this.#writer.reply(frame.stream));
        return this.#open(frame.stream, frame.headers);
      case 'data':
        return this.#pass(frame.stream, frame.content, frame.isLast);
      case 'reset':
        return void this.#connections.get(frame.stream)?.destroy();
      case 'ping':
        return this.#send(this.#writer.ping(frame.id));
      case 'leave':
        return this.#client.close(1000);
    }
  }

  async #open(stream: number, headers: Headers): Promise<void> {
    const {
      streamtype,
      port,
      requestid = '',
    } = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    if (streamtype === 'error') return void this.#errors.set(requestid, stream);
    const errors = this.#errors.get(requestid);
    const socket = await this.#connect(Number(port));
    // Whoever reads it is told; it may fail before.
    socket.on('error', () => {});
    this.#connections.set(stream, socket);
    void this.#carry(stream, socket, errors, Number(port)).finally(() => {
      // What the client still sends reaches nobody.
      socket.destroy();
      this.#connections.delete(stream);
      this.#errors.delete(requestid);
    });
  }

  /** A connection that could not be made is one that failed at once. */
  async #connect(port: number): Promise<Duplex> {
    try {
      return await this.#dial(port);
    } catch (error) {
      return new PassThrough().destroy(error as Error);
    }
  }

  /** From the pod to the client, and at the end what went wrong, if something did. */
  async #carry(stream: number, socket: Duplex, errors: number | undefined, port: number): Promise<void> {
    let problem = '';
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += LARGEST_PIECE)
          await this.#send(this.#writer.data(stream, chunk.subarray(at, at + LARGEST_PIECE)));
      }
    } catch (error) {
      const { code, address } = error as NodeJS.ErrnoException & { readonly address?: string };
      const why = code === 'ECONNREFUSED' ? `dial tcp4 ${address}:${port}: connect: connection refused` : (error as Error).message;
      problem = why.startsWith('error forwarding port') ? why : `error forwarding port ${port} to pod: ${why}`;
    }
    if (errors !== undefined) await this.#send(this.#writer.data(errors, Buffer.from(problem), true));
    await this.#send(this.#writer.data(stream, Buffer.alloc(0), true));
  }

  async #pass(stream: number, content: Buffer, isLast: boolean): Promise<void> {
    const socket = this.#connections.get(stream);
    if (!socket || socket.destroyed) return;
    if (content.length > 0 && !socket.write(content)) await drained(socket);
    if (isLast) socket.end();
  }

  #send(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.#client.send(bytes, () => resolve()));
  }
}

function drained(socket: Duplex): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
}
