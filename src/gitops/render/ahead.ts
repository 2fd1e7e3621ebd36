import type { FileContent } from '../source/content.ts';
import type { Directory, SnapshotFile } from '../source/snapshot.ts';
import type { RenderCache } from './cache.ts';
import type { RenderedFile } from './file.ts';
import { renderText } from './large.ts';

/** How many files are read at once: each time starts a process, which costs more the more memory this one has. */
const AT_ONCE = 5000;

/** What a file gave, and the length of its text. */
export interface ReadFile {
  readonly rendered: RenderedFile;
  readonly bytes: number;
}

/** Reads the files that nobody knows yet in rounds, in the order in which they will be asked for. */
export class ReadAhead {
  readonly #readMany: Directory['readMany'];
  readonly #unknown: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  #next = 0;
  #read: ReadonlyMap<string, FileContent> = new Map();

  constructor(directories: readonly Directory[], cache: RenderCache) {
    this.#readMany = directories.find(({ readMany }) => readMany)?.readMany;
    const blobs = this.#readMany ? directories.flatMap(({ files }) => files.map(({ blob }) => blob)) : [];
    this.#unknown = [...new Set(blobs.filter((blob) => !cache.has(blob)))];
    this.#places = new Map(this.#unknown.map((blob, i) => [blob, i] as const));
  }

  async render(file: SnapshotFile): Promise<ReadFile> {
    const place = this.#places.get(file.blob) ?? -1;
    while (place >= this.#next) this.#read = await this.#readMany!(this.#unknown.slice(this.#next, (this.#next += AT_ONCE)));
    const content = this.#read.get(file.blob) ?? (await file.read());
    if ('problem' in content) return { rendered: { objects: [], problems: [content.problem] }, bytes: 0 };
    return { rendered: await renderText(content.text), bytes: content.text.length };
  }
}
