import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Revision } from '../store.ts';
import { bodyOf, checksum, CHECKSUM_BYTES, type EndLine } from './format.ts';

const CAPACITY = 1024 * 1024;
/** Of a UTF-16 unit in UTF-8. */
const LONGEST_UNIT = 3;

/** The bytes of one batch after the other, in a buffer that is written out piece by piece and used again. */
export class BatchBytes {
  #buffer = Buffer.allocUnsafe(CAPACITY);
  #length = 0;
  #hash: Hash = createHash('sha256');
  #records = 0;

  /** `seed`: the end line before this batch in the same segment, or nothing. */
  begin(seed: string): void {
    this.#length = 0;
    this.#records = 0;
    this.#hash = createHash('sha256').update(seed);
    if (this.#buffer.length > CAPACITY) this.#buffer = Buffer.allocUnsafe(CAPACITY);
  }

  /** Bytes that were not taken yet. */
  get length(): number {
    return this.#length;
  }

  add(body: string): void {
    this.#append(body);
    this.#records++;
  }

  /** Valid until the next line is added. */
  take(): Buffer {
    const piece = this.#buffer.subarray(0, this.#length);
    this.#hash.update(piece);
    this.#length = 0;
    return piece;
  }

  /** The last piece, and the line that ends it. */
  finish(at: string, revision: Revision): { piece: Buffer; end: EndLine } {
    this.#hash.update(this.#buffer.subarray(0, this.#length));
    const end: EndLine = { op: 'end', at, records: this.#records, revision, hash: this.#hash.digest('hex') };
    this.#append(bodyOf(end));
    return { piece: this.#buffer.subarray(0, this.#length), end };
  }

  #append(body: string): void {
    const needed = this.#length + body.length * LONGEST_UNIT + CHECKSUM_BYTES + 1;
    if (needed > this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer.subarray(0, this.#length)], 2 * needed);
    const start = this.#length;
    const end = start + this.#buffer.write(body, start);
    this.#length = end + this.#buffer.write(`${checksum(crc32(this.#buffer.subarray(start, end)))}\n`, end, 'latin1');
  }
}
