import { doubled, type Clock, type Millis } from '../base/index.ts';

const FIRST: Millis = 1_000;
const LONGEST: Millis = 900_000;

/** How long a pod that fails again and again stays as it is before it is replaced: doubled each time, forgotten after a quiet time. */
export class Failures {
  readonly #clock: Clock;
  readonly #known = new Map<string, { times: number; since: Millis }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** 0: now, and the next time it takes longer. */
  wait(key: string): Millis {
    const now = this.#clock.now();
    for (const [old, { since }] of this.#known) if (now - since > 2 * LONGEST) this.#known.delete(old);
    const known = this.#known.get(key);
    const left = known ? known.since + doubled(FIRST, known.times, LONGEST) - now : 0;
    if (left > 0) return left;
    this.#known.set(key, { times: (known?.times ?? 0) + 1, since: now });
    return 0;
  }
}
