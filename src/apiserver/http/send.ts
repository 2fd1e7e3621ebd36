import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Duplex, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';
import { chunkOf, giveBack, isPieces } from './chunks.ts';
import type { Answer, Body, Outlet, Written } from './message.ts';

export type WireResponse = ServerResponse | Http2ServerResponse;

/** Below this many characters compression costs more than it saves. */
const LEAST_COMPRESSED = 128 * 1024;

/** A list leaves in pieces of this size, and other requests have their turn in between. */
const CHUNK = 256 * 1024;

const QUICK = { level: constants.Z_BEST_SPEED };
const compress = promisify(gzip) as (text: string, options: object) => Promise<Buffer>;

/**
 * Brings an answer onto the wire. Resolves when all of it has been handed over, or the client has left.
 * While an answer is live, its outlet is in `live`.
 */
export async function send(answer: Answer, response: WireResponse, acceptEncoding: string | undefined, live: Set<Outlet>): Promise<void> {
  const { body } = answer;
  const isCompressed = body.kind !== 'live' && sizeOf(body) >= LEAST_COMPRESSED && /\bgzip\b/.test(acceptEncoding ?? '');
  response.statusCode = answer.code;
  response.setHeader('content-type', answer.type);
  response.setHeader('cache-control', 'no-cache, private');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value as string | string[]);
  if (isCompressed) {
    response.setHeader('content-encoding', 'gzip');
    response.setHeader('vary', 'Accept-Encoding');
  }
  switch (body.kind) {
    case 'text':
      return sendBytes(response, isCompressed ? await compress(body.text, QUICK) : Buffer.from(body.text));
    case 'pieces':
      return pour(body.pieces, isCompressed ? compressedOutlet(response) : outletOf(response));
    case 'live':
      return runLive(body.run, response, live);
  }
}

async function runLive(run: (outlet: Outlet) => Promise<void>, response: WireResponse, live: Set<Outlet>): Promise<void> {
  // The client of a watch waits for the headers before it asks for anything else.
  (response as ServerResponse).flushHeaders();
  const outlet = liveOutlet(response);
  live.add(outlet);
  try {
    await run(outlet);
  } finally {
    live.delete(outlet);
  }
}

function sizeOf(body: Exclude<Body, { kind: 'live' }>): number {
  return body.kind === 'text' ? body.text.length : body.size;
}

function sendBytes(response: WireResponse, bytes: Buffer): void {
  if (response.statusCode === 304) response.removeHeader('content-type');
  else response.setHeader('content-length', bytes.length);
  response.end(bytes);
}

async function pour(pieces: Iterable<string>, outlet: Outlet): Promise<void> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    if (!outlet.write(chunk)) await outlet.drained();
    else await new Promise<void>((resolve) => void setImmediate(resolve));
    if (outlet.closed) return;
    chunk = '';
  }
  outlet.write(chunk);
  outlet.end();
}

function outletOf(response: WireResponse): Outlet {
  return new StreamOutlet(response as Writable, response);
}

/** An event to hundreds of watches is one write each: past the response, which would make three of it. */
function liveOutlet(response: WireResponse): Outlet {
  if ('stream' in response || !response.chunkedEncoding || !response.socket) return outletOf(response);
  return new ChunkOutlet(response.socket, response);
}

function compressedOutlet(response: WireResponse): Outlet {
  const packer = createGzip(QUICK);
  packer.pipe(response as Writable);
  response.once('close', () => packer.destroy());
  return new StreamOutlet(packer, response);
}

type Connection = WireResponse | Duplex;

export class StreamOutlet implements Outlet {
  /** What is written to: the response itself, or what compresses for it, or what lies below it. */
  readonly #entry: Writable;
  readonly #response: Connection;
  readonly #onDrain = () => this.#room();
  readonly #onClose: (() => void)[] = [];
  #onRoom: (() => void)[] = [];
  #closed: boolean;
  #ended = false;

  constructor(entry: Writable, response: Connection) {
    this.#entry = entry;
    this.#response = response;
    this.#closed = 'stream' in response ? response.stream.destroyed : response.destroyed;
    entry.on('drain', this.#onDrain);
    response.once('close', () => this.#close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(bytes: Written): boolean {
    return this.#closed || this.#ended || this.pass(bytes);
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) resolve();
      else this.#onRoom.push(resolve);
    });
  }

  onClose(closed: () => void): void {
    if (this.#closed) closed();
    else this.#onClose.push(closed);
  }

  /** It is over for whoever still writes, too: what follows on the connection is another answer. */
  end(): void {
    if (this.#closed || this.#ended) return;
    this.#ended = true;
    this.finish();
  }

  destroy(): void {
    this.#response.destroy();
  }

  /** `left` is called once nobody reads the bytes any more. */
  protected pass(bytes: Written, left?: () => void): boolean {
    return this.#entry.write(isPieces(bytes) ? Buffer.concat(bytes) : bytes, left);
  }

  protected finish(): void {
    this.#entry.end();
  }

  #room(): void {
    const waiting = this.#onRoom;
    this.#onRoom = [];
    for (const resolve of waiting) resolve();
  }

  #close(): void {
    this.#closed = true;
    // A connection outlives its answers.
    this.#entry.off('drain', this.#onDrain);
    this.#room();
    for (const closed of this.#onClose.splice(0)) closed();
  }
}

/** Writes the chunks of HTTP/1.1 by itself. The headers are on the wire by then. */
class ChunkOutlet extends StreamOutlet {
  readonly #response: ServerResponse;

  constructor(socket: Writable, response: ServerResponse) {
    super(socket, response);
    this.#response = response;
  }

  protected override pass(bytes: Written): boolean {
    const chunk = chunkOf(bytes);
    return chunk === undefined || super.pass(chunk, () => giveBack(chunk));
  }

  protected override finish(): void {
    this.#response.end();
  }
}
