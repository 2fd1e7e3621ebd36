import type { Clock } from '../../base/index.ts';
import type { Cause } from '../store.ts';
import { causeText } from './format.ts';

/** When and why a line is written: texts that are made once for all lines that share them. */
export class Stamps {
  readonly #clock: Clock;
  /** Many commits share a millisecond. */
  #time = { now: Number.NaN, at: '' };
  /** And many in a row a cause. */
  #last: { readonly cause: Cause; readonly text: string } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  at(): string {
    const now = this.#clock.now();
    if (now !== this.#time.now) this.#time = { now, at: new Date(now).toISOString() };
    return this.#time.at;
  }

  causeText(cause: Cause): string {
    if (this.#last && isSameCause(this.#last.cause, cause)) return this.#last.text;
    const text = causeText(cause);
    this.#last = { cause, text };
    return text;
  }
}

function isSameCause(a: Cause, b: Cause): boolean {
  return a.by === b.by && a.verb === b.verb && a.user === b.user && a.because === b.because;
}
