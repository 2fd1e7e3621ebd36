import type { Clock, Millis, Timer } from '../../base/index.ts';

/** The finest beat, as a part of the period. */
const BEATS_A_PERIOD = 10;

/** More at once would hold the process for too long. */
const AT_ONCE = 20;
const NEXT_MS: Millis = 5;

/**
 * Rounds of questions that come again and again. Most of what a question costs an idle process is to wake up for it, so
 * those that are due at about the same time are asked together: a wait is cut short by a tenth of its period at most.
 */
export class Beat {
  readonly #clock: Clock;
  readonly #rounds = new Map<Millis, Round>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A period after the last question, or at once where that one took longer. */
  after(period: Millis, last: Millis, ask: () => void): Timer {
    const beat = period / BEATS_A_PERIOD;
    const due = Math.max(this.#clock.now(), Math.floor((last + period) / beat) * beat);
    const round = this.#rounds.get(due) ?? this.#begin(due);
    round.asks.add(ask);
    return {
      cancel: () => {
        if (round.asks.delete(ask) && round.asks.size === 0) this.#end(due, round);
      },
    };
  }

  #begin(due: Millis): Round {
    const timer = this.#clock.after(due - this.#clock.now(), () => this.#ask(due, round));
    const round = { asks: new Set<() => void>(), timer };
    this.#rounds.set(due, round);
    return round;
  }

  #ask(due: Millis, round: Round): void {
    for (const ask of [...round.asks].slice(0, AT_ONCE)) {
      round.asks.delete(ask);
      ask();
    }
    if (round.asks.size > 0) round.timer = this.#clock.after(NEXT_MS, () => this.#ask(due, round));
    else this.#end(due, round);
  }

  #end(due: Millis, round: Round): void {
    round.timer.cancel();
    if (this.#rounds.get(due) === round) this.#rounds.delete(due);
  }
}

interface Round {
  readonly asks: Set<() => void>;
  timer: Timer;
}
