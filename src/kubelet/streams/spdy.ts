import { constants, createDeflate, createInflate, type Zlib } from 'node:zlib';
import type { Transform } from 'node:stream';
import { SPDY_DICTIONARY } from './spdydictionary.ts';

export type Headers = Readonly<Record<string, string>>;

/** What a peer of SPDY/3.1 says, as far as Kubernetes' streams use it. */
export type Frame =
  | { readonly type: 'open'; readonly stream: number; readonly headers: Headers; readonly isLast: boolean }
  | { readonly type: 'data'; readonly stream: number; readonly content: Buffer; readonly isLast: boolean }
  | { readonly type: 'reset'; readonly stream: number }
  | { readonly type: 'ping'; readonly id: Buffer }
  | { readonly type: 'leave' };

const HEAD_BYTES = 8;
const LAST = 1;
const VERSION = 0x8003;
const KINDS = { open: 1, reply: 2, reset: 3, ping: 6, leave: 7 } as const;

/** Takes bytes as they come, gives whole frames. Headers are compressed over the whole connection, so order matters. */
export class FrameReader {
  readonly #inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH });
  #rest: Buffer = Buffer.alloc(0);

  async read(bytes: Buffer): Promise<readonly Frame[]> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    while (this.#rest.length >= HEAD_BYTES) {
      const size = HEAD_BYTES + this.#rest.readUIntBE(5, 3);
      if (this.#rest.length < size) break;
      const frame = await this.#frame(this.#rest.subarray(0, HEAD_BYTES), this.#rest.subarray(HEAD_BYTES, size));
      this.#rest = this.#rest.subarray(size);
      if (frame) frames.push(frame);
    }
    return frames;
  }

  close(): void {
    this.#inflate.close();
  }

  async #frame(head: Buffer, body: Buffer): Promise<Frame | undefined> {
    const isLast = (head[4]! & LAST) !== 0;
    if ((head[0]! & 0x80) === 0) return { type: 'data', stream: head.readUInt32BE(0), content: body, isLast };
    switch (head.readUInt16BE(2)) {
      case KINDS.open:
        return { type: 'open', stream: body.readUInt32BE(0) & 0x7fffffff, headers: await this.#headers(body.subarray(10)), isLast };
      case KINDS.reset:
        return { type: 'reset', stream: body.readUInt32BE(0) & 0x7fffffff };
      case KINDS.ping:
        return { type: 'ping', id: body };
      case KINDS.leave:
        return { type: 'leave' };
      default:
        return undefined;
    }
  }

  async #headers(block: Buffer): Promise<Headers> {
    const text = await through(this.#inflate, block);
    const headers: Record<string, string> = {};
    let at = 4;
    const next = () => {
      const length = text.readUInt32BE(at);
      at += 4 + length;
      return text.toString('utf8', at - length, at);
    };
    for (let left = text.readUInt32BE(0); left > 0; left--) headers[next()] = next();
    return headers;
  }
}

/** Makes the frames of either peer. */
export class FrameWriter {
  readonly #deflate = createDeflate({ dictionary: SPDY_DICTIONARY });

  /** Asks for a stream. */
  async open(stream: number, headers: Headers): Promise<Buffer> {
    const texts = Object.entries(headers).flatMap(([name, value]) => [name.toLowerCase(), value].map((text) => Buffer.from(text)));
    const block = Buffer.concat([number(texts.length / 2), ...texts.flatMap((text) => [number(text.length), text])]);
    // Associated with no other stream, of no priority.
    return control(KINDS.open, Buffer.concat([number(stream), number(0), Buffer.alloc(2), await through(this.#deflate, block)]));
  }

  /** Accepts a stream. */
  async reply(stream: number): Promise<Buffer> {
    const none = await through(this.#deflate, Buffer.alloc(4));
    return control(KINDS.reply, Buffer.concat([number(stream), none]));
  }

  data(stream: number, content: Uint8Array, isLast = false): Buffer {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(stream, 0);
    head[4] = isLast ? LAST : 0;
    head.writeUIntBE(content.length, 5, 3);
    return Buffer.concat([head, content]);
  }

  ping(id: Buffer): Buffer {
    return control(KINDS.ping, id);
  }

  close(): void {
    this.#deflate.close();
  }
}

function control(kind: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(VERSION, 0);
  head.writeUInt16BE(kind, 2);
  head.writeUIntBE(body.length, 5, 3);
  return Buffer.concat([head, body]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** All that a compressor gives for one block. */
function through(zlib: Transform & Zlib, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const take = (piece: Buffer) => pieces.push(piece);
    zlib.on('data', take).once('error', reject);
    zlib.write(block);
    zlib.flush(constants.Z_SYNC_FLUSH, () => {
      zlib.off('data', take).off('error', reject);
      resolve(Buffer.concat(pieces));
    });
  });
}
