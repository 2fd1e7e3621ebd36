import type { SpareBuffers } from '../../base/index.ts';
import type { StoredChange } from '../history.ts';
import type { Revision } from '../store.ts';
import { bodyOf, type EndLine, type LineBody } from './format.ts';
import { HashedLines } from './lines.ts';

/** How a batch begins. */
export interface Start {
  /** The end line before it in the same segment, or nothing. */
  readonly seed: string;
  readonly segment: number;
  /** The segment line, when it begins one. */
  readonly first: string | undefined;
}

/** So much is made into bytes at once: that is faster than between one commit and the next, and never takes long. */
const MADE_TOGETHER = 64 * 1024;

/** What goes to the disk together: made into bytes as it comes in, while the batch before is on its way. */
export class Batch {
  readonly start: Start;
  readonly changes: StoredChange[] = [];
  /** Log entries, which are kept when the batch fails, whereas changes are taken back. */
  readonly entries: string[] = [];
  readonly #lines: HashedLines;
  /** Lines that are no bytes yet. */
  readonly #raw: (() => LineBody)[] = [];
  #rawWeight = 0;
  /** A value turned out to be no JSON, though whoever committed it vouched for it: the whole batch fails. */
  #unwritable: { readonly error: unknown } | undefined;
  #records = 0;
  /** Of changes that are nowhere in the bytes. */
  #volatileWeight = 0;
  #written: PromiseWithResolvers<void> | undefined;

  constructor(start: Start, spare: SpareBuffers) {
    this.start = start;
    this.#lines = new HashedLines(start.seed, spare);
  }

  /** Whether nothing in it has to be written. */
  get isEmpty(): boolean {
    return this.#records === 0;
  }

  /** What it is on disk, once it is finished, and roughly before. */
  get bytes(): number {
    return this.#lines.bytes + this.#rawWeight;
  }

  /** What it holds of memory, roughly. */
  get weight(): number {
    return this.bytes + this.#volatileWeight;
  }

  get revision(): Revision | undefined {
    return this.changes.at(-1)?.revision;
  }

  /** Whether the revision is on disk once it is. */
  holds(revision: Revision): boolean {
    return revision <= (this.revision ?? 0);
  }

  /** Adds a line that is made when its turn comes, and will weigh about this much. */
  add(weight: number, make: () => LineBody): void {
    const { first } = this.start;
    if (first !== undefined && this.#records === 0) this.#add(first.length, () => ({ head: first, text: '' }));
    this.#add(weight, make);
  }

  addLine(body: string): void {
    this.add(body.length, () => ({ head: body, text: '' }));
  }

  addEntry(body: string): void {
    this.entries.push(body);
    this.addLine(body);
  }

  addVolatile({ after }: StoredChange): void {
    this.#volatileWeight += after?.weight ?? 0;
  }

  /** Adds the line that ends it, and gives all of it. */
  finish(at: string, revision: Revision): { chunks: readonly Buffer[]; end: EndLine } {
    this.#makeBytes();
    if (this.#unwritable) throw this.#unwritable.error;
    const end: EndLine = { op: 'end', at, records: this.#records, revision, hash: this.#lines.digest() };
    this.#lines.add(bodyOf(end));
    return { chunks: this.#lines.chunks(), end };
  }

  /** Resolves when it is on disk. */
  written(): Promise<void> {
    this.#written ??= Promise.withResolvers<void>();
    return this.#written.promise;
  }

  succeed(): void {
    this.#lines.release();
    this.#written?.resolve();
  }

  fail(error: Error): void {
    this.#written?.reject(error);
  }

  #add(weight: number, make: () => LineBody): void {
    this.#raw.push(make);
    this.#rawWeight += weight;
    this.#records++;
    if (this.#rawWeight >= MADE_TOGETHER) this.#makeBytes();
  }

  #makeBytes(): void {
    try {
      const bodies = this.#raw.map((make) => make());
      for (const { head, text } of bodies) this.#lines.add(head, text);
    } catch (error) {
      this.#unwritable ??= { error };
    }
    this.#raw.length = 0;
    this.#rawWeight = 0;
  }
}
