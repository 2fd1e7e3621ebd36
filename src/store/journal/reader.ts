import { hash } from 'node:crypto';
import { UserError } from '../../base/index.ts';
import { FORMAT, HASHES, isIntact, parseLine, type EndLine, type Line, type SegmentLine } from './format.ts';
import { isCompressionError, openSegment, type ByteSource } from './source.ts';
import { segmentPath } from './segments.ts';

export interface Batch {
  readonly lines: readonly { readonly line: Line; readonly value: string | undefined }[];
  /** Of the first line. */
  readonly sequence: number;
  /** Of its segment. */
  readonly format: number;
  readonly end: EndLine;
  /** Where it ends in the segment. */
  readonly endsAt: number;
}

/** A line that is there, but not as it was written. */
export class Damage extends Error {
  readonly line: number;
  /** Where the last good batch ends. */
  readonly good: number;

  constructor(line: number, good: number, what: string) {
    super(what);
    this.line = line;
    this.good = good;
  }
}

const WINDOW = 2 * 1024 * 1024;
const NEWLINE = 10;

/** Reads a segment by whole batches through one window, which grows only for a batch that is larger. */
export class SegmentReader {
  readonly #path: string;
  readonly #source: ByteSource;
  #window = Buffer.allocUnsafe(WINDOW);
  /** Where the window begins in the file. */
  #base = 0;
  #filled = 0;
  /** Where the next line begins in the window. */
  #next = 0;
  /** Where the lines begin that the next hash covers. */
  #seed = 0;
  #batch: Batch['lines'][number][] = [];
  #line = 0;
  #sequence = 0;
  #format = FORMAT;
  /** Where the last whole batch ends. */
  #good = 0;
  #goodLine = 0;
  /** A line of zeros, which a power failure leaves where data was not written yet. */
  #hole: number | undefined;

  private constructor(path: string, source: ByteSource) {
    this.#path = path;
    this.#source = source;
  }

  static async open(directory: string, segment: number): Promise<SegmentReader> {
    return new SegmentReader(segmentPath(directory, segment), await openSegment(directory, segment));
  }

  /** Reads on; false when there is nothing more at present. What lies beyond the limit was taken back. */
  async read(limit = Infinity): Promise<boolean> {
    if (this.#seed > 0) this.#slide();
    if (this.#filled === this.#window.length) this.#window = Buffer.concat([this.#window], this.#window.length * 2);
    const position = this.#base + this.#filled;
    const wanted = Math.min(this.#window.length - this.#filled, limit - position);
    if (wanted <= 0) return false;
    const bytesRead = await this.#fill(wanted, position);
    this.#filled += bytesRead;
    return bytesRead > 0;
  }

  /** The whole batches that have been read and not been given yet. */
  *batches(): Generator<Batch> {
    const bytes = this.#window.subarray(0, this.#filled);
    for (let end = bytes.indexOf(NEWLINE, this.#next); end >= 0; end = bytes.indexOf(NEWLINE, this.#next)) {
      const start = this.#next;
      this.#next = end + 1;
      this.#line++;
      if (!isIntact(bytes, start, end)) {
        this.#broken(bytes.subarray(start, end));
        continue;
      }
      const parsed = parseLine(bytes, start, end);
      if (this.#line === 1) this.#begin(parsed.line);
      if (parsed.line.op === 'end') yield this.#close(parsed.line, bytes, start);
      else this.#batch.push(parsed);
    }
  }

  /** At the end of the file: how many bytes follow the last whole batch. Throws when they are not what a crash leaves. */
  tail(): number {
    // A line that lacks only its newline, and has another byte there, was once whole.
    if (isIntact(this.#window, this.#next, this.#filled - 1)) throw new Damage(this.#line + 1, this.#good, 'its end is not a newline');
    return this.#base + this.#filled - this.#good;
  }

  /** Forgets what follows the last whole batch: it may be cut and written anew before the next read. */
  rewind(): void {
    this.#filled = this.#next = this.#good - this.#base;
    this.#line = this.#goodLine;
    this.#batch = [];
    this.#hole = undefined;
  }

  get good(): number {
    return this.#good;
  }

  get line(): number {
    return this.#line;
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  async #fill(wanted: number, position: number): Promise<number> {
    try {
      return await this.#source.read(this.#window, this.#filled, wanted, position);
    } catch (error) {
      throw isCompressionError(error) ? new Damage(this.#line + 1, this.#good, 'its compressed bytes are damaged') : error;
    }
  }

  #begin(line: Line): void {
    if (line.op !== 'segment') throw new Damage(1, 0, 'a segment begins with a line that says so');
    if (!HASHES[line.format])
      throw new UserError(
        `${this.#path} has the format ${line.format}, and this Slipway reads up to ${FORMAT}: use the version that wrote it`,
      );
    this.#format = line.format;
    this.#sequence = line.sequence;
  }

  #close(end: EndLine, bytes: Buffer, start: number): Batch {
    if (this.#hole !== undefined) throw new Damage(this.#hole, this.#good, 'it holds zeros');
    if (end.records !== this.#batch.length)
      throw new Damage(this.#line, this.#good, `it ends ${end.records} records, and ${this.#batch.length} are there`);
    if (end.hash !== hash(HASHES[this.#format]!, bytes.subarray(this.#seed, start)))
      throw new Damage(this.#line, this.#good, 'its hash is not that of the lines before it');
    const batch = { lines: this.#batch, sequence: this.#sequence, format: this.#format, end, endsAt: this.#base + this.#next };
    this.#sequence += this.#batch.length;
    this.#batch = [];
    this.#seed = start;
    this.#good = batch.endsAt;
    this.#goodLine = this.#line;
    return batch;
  }

  #broken(line: Buffer): void {
    if (!line.includes(0)) throw new Damage(this.#line, this.#good, 'its checksum is wrong');
    this.#hole ??= this.#line;
  }

  /** Drops what no hash needs any more. */
  #slide(): void {
    this.#window.copyWithin(0, this.#seed, this.#filled);
    this.#base += this.#seed;
    this.#filled -= this.#seed;
    this.#next -= this.#seed;
    this.#seed = 0;
  }
}

/** The first line of a segment; undefined when it is not there as a whole. */
export async function readSegmentLine(directory: string, segment: number): Promise<SegmentLine | undefined> {
  const source = await openSegment(directory, segment);
  try {
    const bytes = Buffer.alloc(4096);
    const bytesRead = await source.read(bytes, 0, bytes.length, 0);
    const end = bytes.subarray(0, bytesRead).indexOf(NEWLINE);
    if (end < 0 || !isIntact(bytes, 0, end)) return undefined;
    const { line } = parseLine(bytes, 0, end);
    return line.op === 'segment' ? line : undefined;
  } catch (error) {
    if (isCompressionError(error)) return undefined;
    throw error;
  } finally {
    await source.close();
  }
}
