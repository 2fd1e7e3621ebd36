import type { Key, Revision } from './store.ts';

/** When a version expires. The version itself is not held: who is replaced or deleted meanwhile must not stay for it. */
interface Expiry {
  readonly key: Key;
  readonly revision: Revision;
  readonly at: number;
}

/** What expires, the earliest first: a binary heap. Those of versions that were replaced meanwhile stay in it until their time. */
export class Expiries {
  readonly #heap: Expiry[];

  constructor(heap: Expiry[] = []) {
    this.#heap = heap;
  }

  fork(): Expiries {
    return new Expiries(this.#heap.slice());
  }

  add(expiry: Expiry): void {
    const heap = this.#heap;
    let at = heap.push(expiry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.at <= expiry.at) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = expiry;
  }

  /** Takes out the next one whose time has come. */
  take(now: number): Expiry | undefined {
    const first = this.#heap[0];
    if (!first || first.at > now) return undefined;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) this.#sink(last);
    return first;
  }

  #sink(expiry: Expiry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (heap[child]!.at >= expiry.at) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = expiry;
  }
}
