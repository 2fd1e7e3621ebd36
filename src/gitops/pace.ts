import { setImmediate } from 'node:timers/promises';

/** Cuts long work into pieces: after each budget that is spent, the main loop gets a turn. */
export class Pace {
  readonly #budget: number;
  #spent = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  async spend(cost: number): Promise<void> {
    this.#spent += cost;
    if (this.#spent < this.#budget) return;
    this.#spent = 0;
    await setImmediate();
  }
}
