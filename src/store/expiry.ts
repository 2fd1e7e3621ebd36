import type { Key, Revision } from './store.ts';

/** When a version expires. The version itself is not held: who is replaced or deleted meanwhile must not stay for it. */
interface Expiry {
  readonly key: Key;
  readonly revision: Revision;
  readonly at: number;
}

/**
 * What expires, the earliest first: a binary heap. Those of versions that were replaced meanwhile stay in it until their
 * time. Each member of an expiry has a list of its own: events come in ten thousands, and so each takes few bytes.
 */
export class Expiries {
  readonly #keys: Key[];
  readonly #revisions: Revision[];
  readonly #times: number[];

  constructor(keys: Key[] = [], revisions: Revision[] = [], times: number[] = []) {
    this.#keys = keys;
    this.#revisions = revisions;
    this.#times = times;
  }

  fork(): Expiries {
    return new Expiries(this.#keys.slice(), this.#revisions.slice(), this.#times.slice());
  }

  add(expiry: Expiry): void {
    const times = this.#times;
    let at = times.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= expiry.at) break;
      this.#put(at, this.#expiryAt(parent));
      at = parent;
    }
    this.#put(at, expiry);
  }

  /** Takes out the next one whose time has come. */
  take(now: number): Expiry | undefined {
    const due = this.#times[0];
    if (due === undefined || due > now) return undefined;
    const first = this.#expiryAt(0);
    const last = { key: this.#keys.pop()!, revision: this.#revisions.pop()!, at: this.#times.pop()! };
    if (this.#times.length > 0) this.#sink(last);
    return first;
  }

  #sink(expiry: Expiry): void {
    const times = this.#times;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= times.length) break;
      if (child + 1 < times.length && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= expiry.at) break;
      this.#put(at, this.#expiryAt(child));
      at = child;
    }
    this.#put(at, expiry);
  }

  #expiryAt(at: number): Expiry {
    return { key: this.#keys[at]!, revision: this.#revisions[at]!, at: this.#times[at]! };
  }

  #put(at: number, expiry: Expiry): void {
    this.#keys[at] = expiry.key;
    this.#revisions[at] = expiry.revision;
    this.#times[at] = expiry.at;
  }
}
