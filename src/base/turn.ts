import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock, Millis } from './clock.ts';

/** After this, a turn of the main loop leaves what can wait to the next one: requests come in between. */
const LONG: Millis = 20;
/** The same while somebody comes in: of many who connect at once, each turn lets in one. */
const SHORT: Millis = 2;

/** A turn that took so long was full of work that somebody waits for: what nobody waits for takes less of one. */
const BUSY: Millis = 10;
const LITTLE: Millis = 5;

/** What was longer ago than this hardly counts for how busy the loop is. */
const LATELY: Millis = 100;
/** Of the time: more is a burst of work. */
const BURST = 0.5;
/** Who waits for a burst to be over looks as often. */
export const LOOK_AGAIN: Millis = 20;

let limit = LONG;
let hasArrived = false;

let began: Millis | undefined;
/** How long the last turn was, when it ended, and how much of the time there was work until then. */
let before: Millis = 0;
let ended: Millis = -Infinity;
let load = 0;

/** How much of this turn is over, since somebody first asked. */
function spent(clock: Clock): Millis {
  const now = clock.now();
  if (began === undefined) {
    began = now;
    setImmediate(() => {
      before = clock.now() - now;
      note(now, clock.now());
      began = undefined;
      limit = hasArrived ? SHORT : LONG;
      hasArrived = false;
    });
  }
  return now - began;
}

function note(from: Millis, to: Millis): void {
  const passed = to - Math.min(ended, from);
  load = loadAt(to);
  if (passed > 0) load += (1 - Math.exp(-passed / LATELY)) * ((to - from) / passed);
  ended = to;
}

/** A clock may show less than another one did before. */
function loadAt(now: Millis): number {
  return now < ended ? 0 : load * Math.exp(-(now - ended) / LATELY);
}

/** All who work on the main loop share its turns: what one has used of a turn, the others have not. */
export function isTurnLong(clock: Clock): boolean {
  return spent(clock) >= limit;
}

/** Somebody came in from outside: this turn is over soon, and so is the next. */
export function noteArrival(): void {
  limit = SHORT;
  hasArrived = true;
}

/** Whether the loop was busy for most of the last moments. */
export function isBurst(clock: Clock): boolean {
  return loadAt(clock.now()) >= BURST;
}

let endings = 0;

/** Once this turn is over: what many parts of it lead to is done for all of them in a row. */
export function atEndOfTurn(act: () => void): void {
  endings++;
  setImmediate(() => {
    endings--;
    act();
  });
}

/** Whether somebody still has something to do about this turn. */
export const isTurnUnended = (): boolean => endings > 0;

/** For work that nobody waits for: all other work of a burst goes first, also in those of its turns that are short. */
export class SpareTime {
  readonly #clock: Clock;
  #resumed: Millis = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Before each piece of the work: it has its turn when the loop has little else to do. From `latest` on it takes a little
   * of each turn, however much there is to do. `latest` is asked anew while it waits.
   */
  async wait(latest: () => Millis): Promise<void> {
    for (let now = this.#clock.now(); this.#isBusy(now, latest()); now = this.#clock.now()) {
      const goesLast = now < latest() && isBurst(this.#clock);
      await (goesLast ? this.#clock.sleep(Math.min(LOOK_AGAIN, latest() - now)) : nextTurn());
      this.#resumed = this.#clock.now();
    }
  }

  #isBusy(now: Millis, latest: Millis): boolean {
    if (now >= latest) return now - this.#resumed >= LITTLE;
    return isBurst(this.#clock) || spent(this.#clock) >= LITTLE || before >= BUSY;
  }
}
