import type { Batch, Start } from './batch.ts';
import type { JournalFile, JournalFiles } from './files.ts';
import { bodyOf, FORMAT, lineOf, type EndLine } from './format.ts';
import type { Scan, Tail } from './scan.ts';
import { segmentPath } from './segments.ts';

/**
 * The segment that is written at present, and where the journal ends. A segment that failed is never written again:
 * the next batch goes to a new one, which says where the old one ended.
 */
export class SegmentWriter {
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #segmentBytes: number;
  #file: JournalFile | undefined;
  /** Where the journal ends on disk. */
  #tail: Tail | undefined;
  /** Where it ends once the batch is written that is on its way. */
  #ahead: Tail | undefined;
  /** The next batch begins a segment. */
  #cut = true;
  #written = 0;

  private constructor(directory: string, files: JournalFiles, segmentBytes: number) {
    this.#directory = directory;
    this.#files = files;
    this.#segmentBytes = segmentBytes;
  }

  /** Cuts what a crash left, and goes on after the last whole batch. */
  static async open(directory: string, files: JournalFiles, segmentBytes: number, { tail, torn }: Scan): Promise<SegmentWriter> {
    const writer = new SegmentWriter(directory, files, segmentBytes);
    for (const { segment } of torn) if (segment !== tail?.segment) await files.remove(segmentPath(directory, segment));
    if (!tail) return writer;
    // Also what an earlier failure left, and the end of that segment tells nobody of.
    await files.truncate(segmentPath(directory, tail.segment), tail.bytes);
    writer.#tail = writer.#ahead = tail;
    writer.#cut = tail.bytes >= segmentBytes || tail.format !== FORMAT;
    writer.#file = await files.extend(segmentPath(directory, tail.segment));
    return writer;
  }

  /** How much was written since the start. */
  get written(): number {
    return this.#written;
  }

  /** The next batch begins a new segment. */
  cut(): void {
    this.#cut = true;
  }

  /** How the batch begins that follows what is on its way. */
  start(at: string): Start {
    const ahead = this.#ahead;
    if (ahead && !this.#cut) return { seed: lineOf(bodyOf(ahead.end)), segment: ahead.segment, first: undefined };
    const segment = (ahead?.segment ?? 0) + 1;
    const previous = ahead && { segment: ahead.segment, bytes: ahead.bytes, hash: ahead.end.hash };
    const line = { op: 'segment', at, format: FORMAT, segment, sequence: ahead?.sequence ?? 1, ...(previous && { previous }) } as const;
    return { seed: '', segment, first: bodyOf(line) };
  }

  /** Writes a whole batch and makes it last. What begins afterwards begins behind it. */
  async write({ start, bytes }: Batch, chunks: readonly Buffer[], end: EndLine): Promise<void> {
    const before = start.first === undefined ? this.#ahead! : { bytes: 0, sequence: this.#ahead?.sequence ?? 1 };
    const tail: Tail = {
      segment: start.segment,
      format: FORMAT,
      bytes: before.bytes + bytes,
      end,
      sequence: before.sequence + end.records,
    };
    this.#ahead = tail;
    this.#cut = tail.bytes >= this.#segmentBytes;
    if (start.first !== undefined) await this.#create(start.segment);
    const file = this.#file!;
    await file.write(chunks);
    await file.sync();
    if (start.first !== undefined) await this.#files.syncDirectory(this.#directory);
    this.#tail = tail;
    this.#written += bytes;
  }

  /** Leaves a segment that failed. The next one says where it ended, so cutting it only spares its readers the sight. */
  async abandon(): Promise<void> {
    this.#ahead = this.#tail;
    this.#cut = true;
    await this.close().catch(() => {});
    const { segment, bytes } = this.#tail ?? {};
    if (segment !== undefined && bytes !== undefined)
      await this.#files.truncate(segmentPath(this.#directory, segment), bytes).catch(() => {});
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #create(segment: number): Promise<void> {
    await this.close();
    const path = segmentPath(this.#directory, segment);
    // An attempt that failed may have left one.
    await this.#files.remove(path);
    this.#file = await this.#files.create(path);
  }
}
