import type { FileContent } from '../source/content.ts';
import type { Directory, FoundBlob, SnapshotFile } from '../source/snapshot.ts';
import type { RenderCache } from './cache.ts';
import type { RenderedFile } from './file.ts';
import { renderText } from './large.ts';

/** What a file gave, and the length of its text. */
export interface ReadFile {
  readonly rendered: RenderedFile;
  readonly bytes: number;
}

/** Reads the files that nobody knows yet ahead, in the order in which they will be asked for. */
export class ReadAhead {
  readonly #places: ReadonlyMap<string, number>;
  readonly #stream: AsyncGenerator<readonly FoundBlob[]> | undefined;
  readonly #read = new Map<string, FileContent>();
  /** Of the last that was read: what comes before it and is not there could not be read in this way. */
  #last = -1;

  constructor(directories: readonly Directory[], cache: RenderCache) {
    const from = directories.find(({ readMany }) => readMany);
    const blobs = from ? directories.flatMap(({ files }) => files.map(({ blob }) => blob)) : [];
    const unknown = [...new Set(blobs.filter((blob) => !cache.has(blob)))];
    this.#places = new Map(unknown.map((blob, i) => [blob, i] as const));
    this.#stream = from?.readMany!(unknown);
  }

  async render(file: SnapshotFile): Promise<ReadFile> {
    const content = (await this.#take(file.blob)) ?? (await file.read());
    if ('problem' in content) return { rendered: { objects: [], problems: [content.problem] }, bytes: 0 };
    return { rendered: await renderText(content.text), bytes: content.text.length };
  }

  /** Who reads all that there is need not say so. */
  async close(): Promise<void> {
    await this.#stream?.return(undefined);
  }

  async #take(blob: string): Promise<FileContent | undefined> {
    const place = this.#places.get(blob) ?? -1;
    while (place > this.#last) await this.#next();
    const content = this.#read.get(blob);
    this.#read.delete(blob);
    return content;
  }

  async #next(): Promise<void> {
    const { value, done } = await this.#stream!.next();
    if (done) {
      this.#last = Infinity;
      return;
    }
    for (const [blob, content] of value) this.#read.set(blob, content);
    this.#last = this.#places.get(value.at(-1)![0]) ?? this.#last;
  }
}
