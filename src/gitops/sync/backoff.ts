import type { Millis } from '../../base/index.ts';
import { durationMillis, type RetryPolicy } from '../../model/index.ts';

const FIRST = 500;
const LONGEST = 300_000;

/** How long each application waits after failures in a row; a success forgets them. */
export class Backoff {
  readonly #failures = new Map<string, number>();

  /** The first repetition may come at once, when what stood in the way is known to be over. Undefined: it was tried often enough. */
  next(application: string, firstAtOnce: boolean, { limit = Infinity, wait, longestWait }: RetryPolicy = {}): Millis | undefined {
    const failures = this.#failures.get(application) ?? 0;
    this.#failures.set(application, failures + 1);
    if (failures >= limit) return undefined;
    if (failures === 0 && firstAtOnce) return 0;
    const [first, longest] = [durationMillis(wait ?? '') ?? FIRST, durationMillis(longestWait ?? '') ?? LONGEST];
    return Math.min(longest, first * 2 ** Math.min(failures, 20));
  }

  reset(application: string): void {
    this.#failures.delete(application);
  }
}
