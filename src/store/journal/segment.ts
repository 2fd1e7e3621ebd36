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
  #tail: Tail | undefined;
  /** Bytes in the file, with those of a batch that has not ended. */
  #bytes = 0;
  #sequence = 1;

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
    writer.#tail = tail;
    writer.#sequence = tail.sequence;
    writer.#bytes = tail.bytes;
    writer.#file = await files.extend(segmentPath(directory, tail.segment));
    // What a killed process wrote may have been read from the cache of the system, and be on no disk yet.
    await writer.#file.sync();
    return writer;
  }

  /** What the hash of the next batch begins with, and its first line when it begins a segment. */
  async begin(at: string): Promise<{ seed: string; first: string | undefined }> {
    const tail = this.#tail;
    if (this.#bytes >= this.#segmentBytes) await this.close();
    if (this.#file && tail) return { seed: lineOf(bodyOf(tail.end)), first: undefined };
    const segment = (tail?.segment ?? 0) + 1;
    const path = segmentPath(this.#directory, segment);
    // An attempt that failed may have left one.
    await this.#files.remove(path);
    this.#file = await this.#files.create(path);
    const previous = tail && { segment: tail.segment, bytes: tail.bytes, hash: tail.end.hash };
    return {
      seed: '',
      first: bodyOf({ op: 'segment', at, format: FORMAT, segment, sequence: this.#sequence, ...(previous && { previous }) }),
    };
  }

  async write(piece: Buffer): Promise<void> {
    await this.#file!.write(piece);
    this.#bytes += piece.length;
  }

  /** Makes what was written last, and the journal end here. */
  async end(end: EndLine, begunSegment: boolean): Promise<void> {
    await this.#file!.sync();
    const segment = (this.#tail?.segment ?? 0) + (begunSegment ? 1 : 0);
    if (begunSegment) await this.#files.syncDirectory(this.#directory);
    this.#sequence += end.records;
    this.#tail = { segment, bytes: this.#bytes, end, sequence: this.#sequence };
  }

  /** Leaves a segment that failed. The next one says where it ended, so cutting it only spares its readers the sight. */
  async abandon(): Promise<void> {
    await this.close().catch(() => {});
    const { segment, bytes } = this.#tail ?? {};
    if (segment !== undefined && bytes !== undefined)
      await this.#files.truncate(segmentPath(this.#directory, segment), bytes).catch(() => {});
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#bytes = 0;
    await file?.close();
  }
}
