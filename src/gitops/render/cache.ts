import { isSecret } from '../veil.ts';
import type { RenderedFile } from './file.ts';
import type { RenderArchive } from './archive.ts';

interface Kept {
  readonly file: RenderedFile;
  readonly bytes: number;
}

/**
 * What files gave, by the id of their blob; the least recently used go first when the bound is reached. With an archive,
 * it is found again after a restart.
 */
export class RenderCache {
  readonly #kept = new Map<string, Kept>();
  readonly #bound: number;
  readonly #archive: RenderArchive | undefined;
  #bytes = 0;

  constructor(bound: number = 64 * 1024 * 1024, archive?: RenderArchive) {
    this.#bound = bound;
    this.#archive = archive;
  }

  has(blob: string): boolean {
    return this.#kept.has(blob) || (this.#archive?.has(blob) ?? false);
  }

  get(blob: string): RenderedFile | undefined {
    const held = this.#kept.get(blob);
    const kept = held ?? this.#archive?.take(blob);
    if (!kept) return undefined;
    // Which was used last matters to nobody while the bound is far.
    if (!held || this.#bytes > this.#bound / 2) this.#hold(blob, kept);
    return kept.file;
  }

  /** `bytes` is the length of the text, which its parsed form follows. Gives the file as it is kept. */
  put(blob: string, file: RenderedFile, bytes: number): RenderedFile {
    const kept = this.#archive && isArchivable(file) ? this.#archive.put(blob, file, bytes) : file;
    this.#hold(blob, { file: kept, bytes });
    return kept;
  }

  /** After each commit that was read. */
  async flush(): Promise<void> {
    await this.#archive?.flush(() =>
      [...this.#kept].filter(([, { file }]) => isArchivable(file)).map(([blob, kept]) => ({ blob, ...kept })),
    );
  }

  #hold(blob: string, kept: Kept): void {
    this.#forget(blob);
    this.#kept.set(blob, kept);
    this.#bytes += kept.bytes;
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

/** Secrets never reach the disk in clear, and what is wrong with a file may quote it. */
function isArchivable({ objects, problems }: RenderedFile): boolean {
  return problems.length === 0 && !objects.some(({ object }) => isSecret(object));
}
