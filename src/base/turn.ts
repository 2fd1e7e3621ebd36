import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Millis } from './clock.ts';

/** After this, a turn of the main loop leaves what can wait to the next one: requests come in between. */
const LONG: Millis = 20;

/** A turn that took so long was full of work that somebody waits for: what nobody waits for takes less of one. */
const BUSY: Millis = 10;
const LITTLE: Millis = 5;

let began: Millis | undefined;
let before: Millis = 0;

/** How much of this turn is over, since somebody first asked. */
function spent(clock: Clock): Millis {
  const now = clock.now();
  if (began === undefined) {
    began = now;
    setImmediate(() => {
      before = clock.now() - now;
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
  #resumed: Millis = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Before each piece of the work: it has its turn when the loop has little else to do. From `latest` on it takes a little
   * of each turn, however much there is to do.
   */
  async wait(latest: Millis): Promise<void> {
    while (this.#isBusy(latest)) {
      await nextTurn();
      this.#resumed = this.#clock.now();
    }
  }

  #isBusy(latest: Millis): boolean {
    const now = this.#clock.now();
    if (now >= latest) return now - this.#resumed >= LITTLE;
    return spent(this.#clock) >= LITTLE || before >= BUSY;
  }
}
