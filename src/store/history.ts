import type { StoredEntry } from './entry.ts';
import type { Changed, Revision, StoreOptions } from './store.ts';

/** A change as the store itself keeps it. */
export interface StoredChange extends Changed {
  readonly before: StoredEntry | undefined;
  readonly after: StoredEntry | undefined;
}

/** Whether a restart has to find the change: it made a lasting version, or ended one. */
export function isLasting({ before, after }: StoredChange): boolean {
  return after ? !after.isVolatile : before?.lasting !== undefined;
}

interface Kept {
  readonly change: StoredChange;
  /** When it came in: a version grows when its text is made. */
  readonly weight: number;
}

/** Those who watch are seldom further behind: the text of a version that was replaced before is made anew if somebody wants it. */
const RECENT = 3000;
const MOST_CHANGES = 10_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** The last changes, for watches that resume: bounded by their number and by the bytes of the versions that they hold. */
export class History {
  readonly #most: { readonly changes: number; readonly bytes: number };
  /** In the order of their revisions; the places before `#first` are empty. */
  #kept: (Kept | undefined)[] = [];
  #first = 0;
  #bytes = 0;
  #floor: Revision;
  /** Revisions that were given out and mean nothing: who read at one has seen what is not so. */
  readonly #lost: { readonly after: Revision; readonly upTo: Revision }[] = [];

  #vanished: { readonly collections: readonly string[]; readonly before: Revision } = { collections: [], before: 0 };

  constructor(floor: Revision, bounds: StoreOptions['history'] = {}) {
    this.#floor = floor;
    this.#most = { changes: bounds.changes ?? MOST_CHANGES, bytes: bounds.bytes ?? MOST_BYTES };
  }

  add(change: StoredChange): void {
    const weight = (change.before?.weight ?? 0) + (change.after?.weight ?? 0);
    this.#kept.push({ change, weight });
    this.#bytes += weight;
    this.#kept.at(-1 - RECENT)?.change.before?.forgetText();
    while (this.#kept.length - this.#first > this.#most.changes || this.#bytes > this.#most.bytes) this.#dropFirst();
  }

  /** Whether every change under the prefix after the revision is still here, and the revision was not lost. */
  reaches(after: Revision, prefix: string): boolean {
    const { collections, before } = this.#vanished;
    if (after < before && collections.some((collection) => collection.startsWith(prefix) || prefix.startsWith(collection))) return false;
    return after >= this.#floor && !this.isLost(after);
  }

  /** Volatile versions of these collections, `GROUP/PLURAL/`, were there before the revision and went without a change. */
  vanish(collections: readonly string[], before: Revision): void {
    this.#vanished = { collections, before };
  }

  isLost(revision: Revision): boolean {
    return this.#lost.some((range) => revision > range.after && revision <= range.upTo);
  }

  since(after: Revision): StoredChange[] {
    let low = this.#first;
    let high = this.#kept.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#kept[middle]!.change.revision <= after) low = middle + 1;
      else high = middle;
    }
    return this.#kept.slice(low).map((kept) => kept!.change);
  }

  /** Takes back the changes after a revision; all numbers from there up to `upTo` mean nothing from now on. */
  lose(after: Revision, upTo: Revision): void {
    while (this.#kept.length > this.#first && this.#kept.at(-1)!.change.revision > after) this.#bytes -= this.#kept.pop()!.weight;
    if (upTo > after) this.#lost.push({ after, upTo });
  }

  slim(): void {
    for (let at = this.#first; at < this.#kept.length; at++) this.#kept[at]!.change.before?.dropText();
  }

  #dropFirst(): void {
    const { change, weight } = this.#kept[this.#first]!;
    this.#kept[this.#first++] = undefined;
    this.#bytes -= weight;
    this.#floor = change.revision;
    if (this.#first < 1024 || this.#first < this.#kept.length / 2) return;
    this.#kept = this.#kept.slice(this.#first);
    this.#first = 0;
  }
}
