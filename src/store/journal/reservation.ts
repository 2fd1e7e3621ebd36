import type { StoredChange } from '../history.ts';
import { collectionOf } from '../key.ts';
import type { Revision } from '../store.ts';
import { bodyOf } from './format.ts';

/** How many revisions are reserved ahead; more are when half of them are used. */
const RESERVE = 100_000;

/**
 * The revisions that the journal says no later life may give out, and the collections of which it says that a restart
 * loses versions. A volatile change is seen only when both cover it.
 */
export class Reservation {
  #upTo: Revision;
  readonly #collections = new Set<string>();
  /** Something is to be said that the journal does not say yet. */
  #owes = true;
  #released = false;

  constructor(upTo: Revision) {
    this.#upTo = upTo;
  }

  /** Whether these volatile changes may be seen without a word in the journal. */
  covers(changes: readonly StoredChange[]): boolean {
    const used = changes.at(-1)!.revision;
    return used <= this.#upTo - RESERVE / 2 && changes.every(({ key }) => this.#collections.has(collectionOf(key) ?? ''));
  }

  announce(changes: readonly StoredChange[]): void {
    for (const { key, after } of changes) {
      const collection = collectionOf(key) ?? '';
      if (!after?.isVolatile || this.#collections.has(collection)) continue;
      this.#collections.add(collection);
      this.#owes = true;
    }
  }

  /** The line to write, when one is due: each segment has its own, so that it can be read without those before. */
  renew(given: Revision, at: string, beginsSegment: boolean): string | undefined {
    if (this.#released) return undefined;
    if (this.#upTo - given < RESERVE / 2) {
      this.#upTo = given + RESERVE;
      this.#owes = true;
    }
    if (!this.#owes && !beginsSegment) return undefined;
    this.#owes = false;
    return this.#line(at);
  }

  /** What was written last may be nowhere. */
  failed(): void {
    this.#owes = true;
  }

  /** The last line of a life. */
  release(given: Revision, at: string): string {
    this.#released = true;
    this.#upTo = given;
    return this.#line(at);
  }

  #line(at: string): string {
    const volatile = [...this.#collections];
    return bodyOf({ op: 'reserve', at, upTo: this.#upTo, ...(volatile.length > 0 && { volatile }) });
  }
}
