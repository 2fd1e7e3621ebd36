import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { SpareBuffers } from '../../base/index.ts';
import { CHECKSUM_BYTES, FORMAT, HASHES, LONGEST_UNIT } from './format.ts';

const CHUNK = 256 * 1024;
const MOST_SPARE = 16;
/** What is hashed at once, while it is in the processor's cache: the end of a batch then has little left to do. */
const HASHED = 16 * 1024;
const DIGITS = Buffer.from('0123456789abcdef');
const PREFIX = Buffer.from(',"crc":"');
const SUFFIX = Buffer.from('"}\n');

/** Chunks that nobody uses at present: batches that are written one after another share them. */
export const spareChunks = () => new SpareBuffers(CHUNK, MOST_SPARE);

/** Lines as bytes with their hash, in chunks that are used again. */
export class HashedLines {
  readonly #spare: SpareBuffers;
  readonly #hash: Hash;
  readonly #finished: Buffer[] = [];
  #chunk: Buffer | undefined;
  #length = 0;
  /** How much of the chunk the hash has covered. */
  #hashed = 0;
  #bytes = 0;

  /** `seed` is hashed before all lines. */
  constructor(seed: string, spare: SpareBuffers) {
    this.#hash = createHash(HASHES[FORMAT]!).update(seed);
    this.#spare = spare;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a line that lacks its checksum; `text` goes on where `head` ends. */
  add(head: string, text = ''): void {
    const needed = (head.length + text.length) * LONGEST_UNIT + CHECKSUM_BYTES + 1;
    if (this.#chunk && this.#length + needed > this.#chunk.length) this.#finish(this.#chunk);
    const chunk = (this.#chunk ??= this.#spare.take(needed));
    const start = this.#length;
    const middle = start + chunk.write(head, start);
    const end = text === '' ? middle : middle + chunk.write(text, middle);
    this.#length = writeChecksum(chunk, end, crc32(chunk.subarray(start, end)));
    this.#bytes += this.#length - start;
    if (this.#length - this.#hashed >= HASHED) this.#cover(chunk);
  }

  /** Of the seed and all lines so far; can be asked once. */
  digest(): string {
    if (this.#chunk) this.#cover(this.#chunk);
    return this.#hash.digest('hex');
  }

  /** All lines. */
  chunks(): Buffer[] {
    return this.#chunk ? [...this.#finished, this.#chunk.subarray(0, this.#length)] : this.#finished;
  }

  /** Gives the chunks back: nothing reads them any more. */
  release(): void {
    for (const chunk of this.chunks()) this.#spare.giveBack(chunk);
    this.#chunk = undefined;
    this.#finished.length = 0;
  }

  #finish(chunk: Buffer): void {
    this.#cover(chunk);
    this.#finished.push(chunk.subarray(0, this.#length));
    this.#chunk = undefined;
    this.#length = this.#hashed = 0;
  }

  #cover(chunk: Buffer): void {
    this.#hash.update(chunk.subarray(this.#hashed, this.#length));
    this.#hashed = this.#length;
  }
}

/** As `checksum` of the format gives it, with the newline. */
function writeChecksum(chunk: Buffer, at: number, crc: number): number {
  chunk.set(PREFIX, at);
  let place = at + PREFIX.length;
  for (let shift = 28; shift >= 0; shift -= 4) chunk[place++] = DIGITS[(crc >>> shift) & 15]!;
  chunk.set(SUFFIX, place);
  return place + SUFFIX.length;
}
