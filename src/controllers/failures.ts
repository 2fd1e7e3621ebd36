import type { Clock, Millis } from '../base/index.ts';

const FIRST: Millis = 1_000;
const LONGEST: Millis = 900_000;

/** How long a pod that fails again and again stays as it is before it is replaced: doubled each time, forgotten after a quiet time. */
export class Failures {
  readonly #clock: Clock;
  readonly #known = new Map<string, { delay: Millis; since: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0: now, and the next time it takes longer. */
  wait(key: string): Millis {
    const now = this.#clock.now();
    for (const [old, { since }] of this.#known) if (now - since > 2 * LONGEST) this.#known.delete(old);
    const known = this.#known.get(key);
    const left = known ? known.since + known.delay - now : 0;
    if (left > 0) return left;
    this.#known.set(key, { delay: Math.min(LONGEST, (known?.delay ?? FIRST / 2) * 2), since: now });
    return 0;
  }
}
