import { isTurnUnended } from './turn.ts';

export type Millis = number;

export interface Timer {
  cancel(): void;
}

/** The only source of time below `daemon/`. */
export interface Clock {
  now(): Millis;
  after(ms: Millis, fire: () => void): Timer;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  sleep(ms: Millis, signal?: AbortSignal): Promise<void>;
}

abstract class TimerClock implements Clock {
  abstract now(): Millis;
  abstract after(ms: Millis, fire: () => void): Timer;

  sleep(ms: Millis, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const timer = this.after(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      const stop = () => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}

/** setTimeout fires at once for a longer delay than this. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

class SystemClock extends TimerClock {
  now(): Millis {
    return Date.now();
  }

  after(ms: Millis, fire: () => void): Timer {
    // Node complains of a time that is over, as it is after a machine was asleep.
    let handle = setTimeout(step, Math.max(0, Math.min(ms, LONGEST_TIMEOUT)));
    let left = ms - LONGEST_TIMEOUT;
    function step() {
      if (left <= 0) return fire();
      handle = setTimeout(step, Math.min(left, LONGEST_TIMEOUT));
      left -= LONGEST_TIMEOUT;
    }
    return { cancel: () => clearTimeout(handle) };
  }
}

export const systemClock: Clock = new SystemClock();

interface Pending {
  due: Millis;
  order: number;
  fire: () => void;
}

/** Time that passes only when told to. Timers fire in order of their due time, then of their making. */
export class ManualClock extends TimerClock {
  #now: Millis;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(start: Millis = Date.parse('2026-01-01T00:00:00Z')) {
    super();
    this.#now = start;
  }

  now(): Millis {
    return this.#now;
  }

  after(ms: Millis, fire: () => void): Timer {
    const entry: Pending = { due: this.#now + Math.max(0, ms), order: this.#order++, fire };
    this.#pending.add(entry);
    return { cancel: () => this.#pending.delete(entry) };
  }

  /** Moves time on by `ms`, and lets everything that a timer set in motion come to rest before the next one fires. */
  async advance(ms: Millis): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.settle();
      const next = this.#next();
      if (!next || next.due > end) break;
      this.#pending.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.fire();
    }
    this.#now = end;
    await this.settle();
  }

  /** Advances in steps until `done` says so; throws when `limit` has passed without it. */
  async advanceUntil(done: () => boolean | Promise<boolean>, limit: Millis, step: Millis = 100): Promise<void> {
    const end = this.#now + limit;
    while (!(await done())) {
      if (this.#now >= end) throw new Error(`not reached within ${limit} ms of manual time`);
      await this.advance(step);
    }
  }

  /** Lets all promises that need no time resolve, and turns end that somebody has something to do about. */
  async settle(): Promise<void> {
    for (let calm = 0; calm < 4; calm = isTurnUnended() ? 0 : calm + 1) await new Promise((resolve) => setImmediate(resolve));
  }

  #next(): Pending | undefined {
    let first: Pending | undefined;
    for (const entry of this.#pending) {
      if (!first || entry.due < first.due || (entry.due === first.due && entry.order < first.order)) first = entry;
    }
    return first;
  }
}
