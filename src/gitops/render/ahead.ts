import { availableParallelism } from 'node:os';
import type { FileContent } from '../source/content.ts';
import type { Directory, SnapshotFile } from '../source/snapshot.ts';
import type { RenderCache } from './cache.ts';
import type { RenderedFile } from './file.ts';
import { renderText } from './large.ts';
import { RenderThread } from './thread.ts';

/** How many files are read at once: each time starts a process, which costs more the more memory this one has. */
const AT_ONCE = 5000;
/** With fewer, this thread is done before others have started. */
const WORTH_THREADS = 500;
const MOST_THREADS = 4;
/** How much text goes to a thread at once. */
const BATCH = 64 * 1024;

/** What a file gave, and the length of its text; `isFresh` where it was read in this thread. */
export interface ReadFile {
  readonly rendered: RenderedFile;
  readonly bytes: number;
  readonly isFresh: boolean;
}

/** Reads the files that nobody knows yet in rounds, in the order in which they will be asked for; many of them in threads. */
export class ReadAhead {
  readonly #readMany: Directory['readMany'];
  readonly #unknown: readonly string[];
  readonly #places: ReadonlyMap<string, number>;
  #next = 0;
  #read: ReadonlyMap<string, FileContent> = new Map();
  #elsewhere: ReadonlyMap<string, Promise<ReadFile>> = new Map();

  constructor(directories: readonly Directory[], cache: RenderCache) {
    this.#readMany = directories.find(({ readMany }) => readMany)?.readMany;
    const blobs = this.#readMany ? directories.flatMap(({ files }) => files.map(({ blob }) => blob)) : [];
    this.#unknown = [...new Set(blobs.filter((blob) => !cache.has(blob)))];
    this.#places = new Map(this.#unknown.map((blob, i) => [blob, i] as const));
  }

  async render(file: SnapshotFile): Promise<ReadFile> {
    const place = this.#places.get(file.blob) ?? -1;
    while (place >= this.#next) {
      this.#read = await this.#readMany!(this.#unknown.slice(this.#next, (this.#next += AT_ONCE)));
      this.#elsewhere = this.#read.size < WORTH_THREADS ? new Map() : renderInThreads(this.#read);
    }
    // What a thread could not do is done here.
    const elsewhere = await this.#elsewhere.get(file.blob)?.catch(() => undefined);
    if (elsewhere) return elsewhere;
    const content = this.#read.get(file.blob) ?? (await file.read());
    if ('problem' in content) return { rendered: { objects: [], problems: [content.problem] }, bytes: 0, isFresh: false };
    return { rendered: await renderText(content.text), bytes: content.text.length, isFresh: true };
  }
}

/** The threads end when the last file is read. */
function renderInThreads(contents: ReadonlyMap<string, FileContent>): ReadonlyMap<string, Promise<ReadFile>> {
  const threads = Array.from({ length: Math.min(MOST_THREADS, availableParallelism()) }, () => new RenderThread());
  const found = new Map<string, Promise<ReadFile>>();
  const batches = [...batchesOf(contents)].map(async (batch, i) => {
    const texts = batch.map(({ text }) => text);
    const answer = threads[i % threads.length]!.render(texts);
    for (const [at, { blob, text }] of batch.entries()) {
      const file = answer.then((rendered) => ({ rendered: rendered[at]!, bytes: text.length, isFresh: false }));
      file.catch(() => {});
      found.set(blob, file);
    }
    await answer;
  });
  void Promise.allSettled(batches).then(() => Promise.all(threads.map((thread) => thread.close())));
  return found;
}

interface BlobText {
  readonly blob: string;
  readonly text: string;
}

function* batchesOf(contents: ReadonlyMap<string, FileContent>): Iterable<readonly BlobText[]> {
  let batch: BlobText[] = [];
  let size = 0;
  for (const [blob, content] of contents) {
    if (!('text' in content)) continue;
    batch.push({ blob, text: content.text });
    size += content.text.length;
    if (size < BATCH) continue;
    yield batch;
    [batch, size] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}
