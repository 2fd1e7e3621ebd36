import type { StoredEntry } from './entry.ts';
import type { Changed, Revision, StoreOptions } from './store.ts';

/** A change as the store itself keeps it. */
export interface StoredChange extends Changed {
  readonly before: StoredEntry | undefined;
  readonly after: StoredEntry | undefined;
}

interface Kept {
  readonly change: StoredChange;
  /** When it came in: a version grows when its text is made. */
  readonly weight: number;
}

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

  constructor(floor: Revision, bounds: StoreOptions['history'] = {}) {
    this.#floor = floor;
    this.#most = { changes: bounds.changes ?? MOST_CHANGES, bytes: bounds.bytes ?? MOST_BYTES };
  }

  add(change: StoredChange): void {
    const weight = (change.before?.weight ?? 0) + (change.after?.weight ?? 0);
    this.#kept.push({ change, weight });
    this.#bytes += weight;
    while (this.#kept.length - this.#first > this.#most.changes || this.#bytes > this.#most.bytes) this.#dropFirst();
  }

  /** Whether every change after the revision is still here, and the revision was not lost. */
  reaches(after: Revision): boolean {
    return after >= this.#floor && !this.isLost(after);
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
