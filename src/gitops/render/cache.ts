import type { RenderedFile } from './file.ts';

interface Kept {
  readonly file: RenderedFile;
  readonly bytes: number;
}

/** What files gave, by the id of their blob; the least recently used go first when the bound is reached. */
export class RenderCache {
  readonly #kept = new Map<string, Kept>();
  readonly #bound: number;
  #bytes = 0;

  constructor(bound: number = 64 * 1024 * 1024) {
    this.#bound = bound;
  }

  get(blob: string): RenderedFile | undefined {
    const kept = this.#kept.get(blob);
    if (!kept) return undefined;
    this.#kept.delete(blob);
    this.#kept.set(blob, kept);
    return kept.file;
  }

  /** `bytes` is the length of the text, which its parsed form follows. */
  put(blob: string, file: RenderedFile, bytes: number): void {
    this.#forget(blob);
    this.#kept.set(blob, { file, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#bound || oldest === blob) break;
      this.#forget(oldest);
    }
  }

  #forget(blob: string): void {
    const kept = this.#kept.get(blob);
    if (!kept) return;
    this.#kept.delete(blob);
    this.#bytes -= kept.bytes;
  }
}
