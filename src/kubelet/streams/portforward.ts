import { connect, type Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { FrameReader, FrameWriter, type Frame, type Headers } from './spdy.ts';

/** Kubernetes' port-forward: SPDY streams inside a WebSocket, two for each connection: one for its bytes, one for its error. */
export const FORWARD_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

const LARGEST_PIECE = 64 * 1024;

export function forwardPorts(client: WebSocket, ip: string): void {
  const forwarder = new Forwarder(client, ip);
  let working = Promise.resolve();
  client.on('message', (bytes: Buffer) => {
    working = working.then(() => forwarder.take(bytes)).catch(() => client.terminate());
  });
  client.on('error', () => client.terminate());
  client.on('close', () => forwarder.close());
}

class Forwarder {
  readonly #client: WebSocket;
  readonly #ip: string;
  readonly #reader = new FrameReader();
  readonly #writer = new FrameWriter();
  /** The stream for errors of each connection, by its request. */
  readonly #errors = new Map<string, number>();
  readonly #connections = new Map<number, Socket>();

  constructor(client: WebSocket, ip: string) {
    this.#client = client;
    this.#ip = ip;
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

  #open(stream: number, headers: Headers): void {
    const {
      streamtype,
      port,
      requestid = '',
    } = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    if (streamtype === 'error') return void this.#errors.set(requestid, stream);
    const errors = this.#errors.get(requestid);
    const socket = connect({ host: this.#ip, port: Number(port), allowHalfOpen: true });
    this.#connections.set(stream, socket);
    void this.#carry(stream, socket, errors, Number(port)).finally(() => {
      this.#connections.delete(stream);
      this.#errors.delete(requestid);
    });
  }

  /** From the pod to the client, and at the end what went wrong, if something did. */
  async #carry(stream: number, socket: Socket, errors: number | undefined, port: number): Promise<void> {
    let problem = '';
    try {
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        for (let at = 0; at < chunk.length; at += LARGEST_PIECE)
          await this.#send(this.#writer.data(stream, chunk.subarray(at, at + LARGEST_PIECE)));
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      problem = `error forwarding port ${port} to pod: dial tcp4 ${this.#ip}:${port}: ${code === 'ECONNREFUSED' ? 'connect: connection refused' : (error as Error).message}`;
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

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
}
