import type { StoredEntry } from './entry.ts';

/** Entries that expire, the earliest first: a binary heap. Entries that were replaced meanwhile stay in it until their time. */
export class Expiries {
  readonly #heap: StoredEntry[];

  constructor(heap: StoredEntry[] = []) {
    this.#heap = heap;
  }

  fork(): Expiries {
    return new Expiries(this.#heap.slice());
  }

  add(entry: StoredEntry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (due(heap[parent]!) <= due(entry)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes out the next entry whose time has come. */
  take(now: number): StoredEntry | undefined {
    const first = this.#heap[0];
    if (!first || due(first) > now) return undefined;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(entry: StoredEntry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && due(heap[child + 1]!) < due(heap[child]!)) child++;
      if (due(heap[child]!) >= due(entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

function due(entry: StoredEntry): number {
  return entry.expiresAt ?? Infinity;
}
