import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Millis } from './clock.ts';

/** After this, a turn of the main loop leaves what can wait to the next one: requests come in between. */
const LONG: Millis = 5;

/** A turn that took so long was full of work that somebody waits for: what nobody waits for takes less of one. */
const BUSY: Millis = 4;
const LITTLE: Millis = 2;

let began: Millis | undefined;
/** How long the last turn was, and when the last one ended that was full of work. */
let before: Millis = 0;
let full: Millis = -Infinity;

/** How much of this turn is over, since somebody first asked. */
function spent(clock: Clock): Millis {
  const now = clock.now();
  if (began === undefined) {
    began = now;
    setImmediate(() => {
      const end = clock.now();
      before = end - now;
      if (before >= BUSY) full = end;
      began = undefined;
    });
  }
  return now - began;
}

/** All who work on the main loop share its turns: what one has used of a turn, the others have not. */
export function isTurnLong(clock: Clock): boolean {
  return spent(clock) >= LONG;
}

/** For somebody whose work nobody waits for. */
export class SpareTime {
  readonly #clock: Clock;
  readonly #calm: Millis;
  #resumed: Millis = -Infinity;

  /** Others are at work until none of their turns was full for `calm`: a burst has turns in between that are not. */
  constructor(clock: Clock, calm: Millis = 0) {
    this.#clock = clock;
    this.#calm = calm;
  }

  /**
   * Before each piece of the work: it has its turn when the loop has little else to do. From `latest` on it takes a little
   * of each turn, however much there is to do. `latest` is asked anew while it waits.
   */
  async wait(latest: () => Millis): Promise<void> {
    for (let now = this.#clock.now(); this.#isBusy(now, latest()); now = this.#clock.now()) {
      const rest = Math.min(this.#untilCalm(now), latest() - now);
      await (rest > 0 ? this.#clock.sleep(rest) : nextTurn());
      this.#resumed = this.#clock.now();
    }
  }

  #isBusy(now: Millis, latest: Millis): boolean {
    if (now >= latest) return now - this.#resumed >= LITTLE;
    return this.#untilCalm(now) > 0 || spent(this.#clock) >= LITTLE || before >= BUSY;
  }

  /** A clock may show less than another one did before. */
  #untilCalm(now: Millis): Millis {
    return full > now ? 0 : full + this.#calm - now;
  }
}
