import type { Clock, Millis } from './clock.ts';
import { isBurst, LOOK_AGAIN } from './turn.ts';

/** Keeps the turns of a key apart while there is a burst of work: what changes again and again is handled once for many changes. */
export class Spacing<K> {
  readonly #clock: Clock;
  readonly #gap: Millis;
  readonly #release: (key: K) => void;
  /** When each key had its last turn, if that is not longer ago than the gap; in the order of time. */
  readonly #handled = new Map<K, Millis>();
  /** Until when each key waits. */
  readonly #held = new Map<K, Millis>();

  constructor(clock: Clock, gap: Millis, release: (key: K) => void) {
    this.#clock = clock;
    this.#gap = gap;
    this.#release = release;
  }

  get size(): number {
    return this.#held.size;
  }

  handled(key: K): void {
    if (this.#gap === 0) return;
    const now = this.#clock.now();
    this.#handled.delete(key);
    this.#handled.set(key, now);
    for (const [other, at] of this.#handled) {
      if (now - at < this.#gap) break;
      this.#handled.delete(other);
    }
  }

  /** Whether the key waits: then it is released later. */
  holds(key: K): boolean {
    if (this.#held.has(key)) return true;
    const before = this.#handled.get(key);
    if (before === undefined) return false;
    const due = before + this.#gap;
    if (due <= this.#clock.now() || !isBurst(this.#clock)) return false;
    this.#held.set(key, due);
    if (this.#held.size === 1) void this.#wait();
    return true;
  }

  clear(): void {
    this.#held.clear();
  }

  async #wait(): Promise<void> {
    while (this.#held.size > 0) {
      await this.#clock.sleep(LOOK_AGAIN);
      const isOver = !isBurst(this.#clock);
      const now = this.#clock.now();
      for (const [key, due] of this.#held) {
        if (!isOver && due > now) continue;
        this.#held.delete(key);
        this.#release(key);
      }
    }
  }
}
