import { open, type FileHandle } from 'node:fs/promises';
import type { Millis } from '../../base/index.ts';
import { MARK_BYTES, parseMark, type Mark } from './mark.ts';

const BLOCK_MARKS = 128;

/** Answers when the bytes of a log were written, from the file of marks beside it. */
export class LineTimes {
  readonly #file: FileHandle | undefined;
  #block: { first: number; marks: Mark[] } = { first: 0, marks: [] };
  #last = 0;

  private constructor(file: FileHandle | undefined) {
    this.#file = file;
  }

  static async open(path: string): Promise<LineTimes> {
    try {
      return new LineTimes(await open(path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new LineTimes(undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  /** The marks are others than they were. */
  forget(): void {
    this.#block = { first: 0, marks: [] };
    this.#last = 0;
  }

  /** When the byte at the offset was there; undefined when no mark reaches so far yet. */
  async timeOf(offset: number): Promise<Millis | undefined> {
    // Lines are asked for in their order, so the answer is mostly the last one or the next.
    for (const index of [this.#last, this.#last + 1]) {
      const before = index === 0 ? 0 : (await this.#mark(index - 1))?.offset;
      const mark = await this.#mark(index);
      if (mark && before !== undefined && before <= offset && offset < mark.offset) {
        this.#last = index;
        return mark.at;
      }
    }
    this.#last = await this.#search((mark) => mark.offset > offset);
    return (await this.#mark(this.#last))?.at;
  }

  /** All bytes before this offset were written before `since`. */
  async offsetAt(since: Millis): Promise<number> {
    const first = await this.#search((mark) => mark.at >= since);
    return first === 0 ? 0 : ((await this.#mark(first - 1))?.offset ?? 0);
  }

  /** The first mark that fits; marks only grow. */
  async #search(fits: (mark: Mark) => boolean): Promise<number> {
    let low = 0;
    let high = Math.floor(((await this.#file?.stat())?.size ?? 0) / MARK_BYTES);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const mark = await this.#mark(middle);
      if (!mark || fits(mark)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  async #mark(index: number): Promise<Mark | undefined> {
    const { first, marks } = this.#block;
    const known = marks[index - first];
    if (known || !this.#file) return known;
    const start = index - (index % BLOCK_MARKS);
    const { buffer, bytesRead } = await this.#file.read(
      Buffer.alloc(BLOCK_MARKS * MARK_BYTES),
      0,
      BLOCK_MARKS * MARK_BYTES,
      start * MARK_BYTES,
    );
    const count = Math.floor(bytesRead / MARK_BYTES);
    const text = buffer.toString('latin1', 0, count * MARK_BYTES);
    this.#block = {
      first: start,
      marks: Array.from({ length: count }, (_, i) => parseMark(text.slice(i * MARK_BYTES, (i + 1) * MARK_BYTES))),
    };
    return this.#block.marks[index - start];
  }
}
