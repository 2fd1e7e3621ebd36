import type { Millis } from '../../base/index.ts';
import { durationMillis, type RetryPolicy } from '../../model/index.ts';

const FIRST = 500;
const LONGEST = 300_000;

interface Ahead {
  /** Counted from 1. */
  readonly retry: number;
  /** Undefined: never. */
  readonly afterMs: Millis | undefined;
}

/** How long each application waits after failures in a row; a success forgets them. */
export class Backoff {
  readonly #failures = new Map<string, number>();

  /** The first repetition may come at once, when what stood in the way is known to be over. Undefined: it was tried often enough. */
  next(application: string, firstAtOnce: boolean, policy?: RetryPolicy): Millis | undefined {
    const { retry, afterMs } = this.ahead(application, policy);
    this.#failures.set(application, retry);
    return retry === 1 && firstAtOnce && afterMs !== undefined ? 0 : afterMs;
  }

  /** What comes after one more failure: which repetition, and when. */
  ahead(application: string, { limit = Infinity, wait, longestWait }: RetryPolicy = {}): Ahead {
    const failures = this.#failures.get(application) ?? 0;
    const retry = failures + 1;
    if (failures >= limit) return { retry, afterMs: undefined };
    const [first, longest] = [durationMillis(wait ?? '') ?? FIRST, durationMillis(longestWait ?? '') ?? LONGEST];
    return { retry, afterMs: Math.min(longest, first * 2 ** Math.min(failures, 20)) };
  }

  reset(application: string): void {
    this.#failures.delete(application);
  }
}
