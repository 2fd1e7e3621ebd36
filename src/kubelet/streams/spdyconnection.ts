import { Duplex } from 'node:stream';
import { FrameReader, FrameWriter, type Headers } from './spdy.ts';

const NONE = Promise.resolve('');
const LARGEST_PIECE = 64 * 1024;

/** The asking end of a SPDY connection: it opens streams, and both ends write to them. */
export class SpdyConnection {
  readonly #socket: Duplex;
  readonly #writer = new FrameWriter();
  readonly #streams = new Map<number, SpdyStream>();
  #next = 1;
  #sending: Promise<void> = Promise.resolve();

  constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    void this.#read(head);
  }

  /** A stream that ends without having given anything fails with its problem, where there is one. */
  open(headers: Headers, problem = NONE): SpdyStream {
    const id = this.#next;
    this.#next += 2;
    const stream = new SpdyStream((content, isLast) => this.#send(() => this.#writer.data(id, content, isLast)), problem);
    this.#streams.set(id, stream);
    void this.#send(() => this.#writer.open(id, headers));
    return stream;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Frames leave in the order in which they were asked for, headers too, which are compressed over the whole connection. */
  #send(frame: () => Buffer | Promise<Buffer>): Promise<void> {
    this.#sending = this.#sending.then(async () => {
      const bytes = await frame();
      if (this.#socket.destroyed) return;
      if (!this.#socket.write(bytes)) await new Promise((resolve) => this.#socket.once('drain', resolve).once('close', resolve));
    });
    return this.#sending;
  }

  async #read(head: Buffer): Promise<void> {
    const reader = new FrameReader();
    try {
      await this.#take(reader, head);
      for await (const bytes of this.#socket as AsyncIterable<Buffer>) await this.#take(reader, bytes);
    } catch {
      // What was said until then has been delivered: whoever misses a last word finds out by that.
      this.#socket.destroy();
    } finally {
      reader.close();
      this.#writer.close();
      for (const stream of this.#streams.values()) stream.cut();
    }
  }

  async #take(reader: FrameReader, bytes: Buffer): Promise<void> {
    for (const frame of await reader.read(bytes)) {
      if (frame.type === 'data') await this.#streams.get(frame.stream)?.deliver(frame.content, frame.isLast);
      else if (frame.type === 'reset') this.#streams.get(frame.stream)?.cut();
      else if (frame.type === 'ping') await this.#send(() => this.#writer.ping(frame.id));
      else if (frame.type === 'leave') this.close();
    }
  }
}

/** One of the streams. It is read no faster than its reader does, which holds up the others of its connection. */
export class SpdyStream extends Duplex {
  readonly #write: (content: Uint8Array, isLast: boolean) => Promise<void>;
  readonly #problem: Promise<string>;
  #gave = false;
  #wanted = () => {};
  #ended = false;

  constructor(write: (content: Uint8Array, isLast: boolean) => Promise<void>, problem: Promise<string>) {
    super({ allowHalfOpen: true });
    this.#write = write;
    this.#problem = problem;
  }

  async deliver(content: Buffer, isLast: boolean): Promise<void> {
    if (this.destroyed || this.#ended) return;
    this.#gave ||= content.length > 0;
    if (content.length > 0 && !this.push(content)) await new Promise<void>((resolve) => (this.#wanted = resolve));
    if (isLast) this.cut();
  }

  /** Resolves when it has left. */
  send(content: Uint8Array): Promise<void> {
    return new Promise((resolve) => this.write(content, () => resolve()));
  }

  /** The other end has done with it: that is how Kubernetes' servers close their streams. */
  cut(): void {
    this.#wanted();
    if (this.#ended || this.destroyed) return;
    this.#ended = true;
    if (this.#gave) return void this.push(null);
    void this.#problem.then((problem) => {
      if (problem) this.destroy(new Error(problem));
      else this.push(null);
    });
  }

  override _read(): void {
    this.#wanted();
  }

  override _write(chunk: Buffer, _encoding: string, ready: (error?: Error | null) => void): void {
    const pieces: Promise<void>[] = [];
    for (let at = 0; at < chunk.length; at += LARGEST_PIECE) pieces.push(this.#write(chunk.subarray(at, at + LARGEST_PIECE), false));
    void Promise.all(pieces).then(() => ready());
  }

  override _final(ready: (error?: Error | null) => void): void {
    void this.#write(Buffer.alloc(0), true).then(() => ready());
  }

  override _destroy(error: Error | null, ready: (error?: Error | null) => void): void {
    this.#wanted();
    ready(error);
  }
}
