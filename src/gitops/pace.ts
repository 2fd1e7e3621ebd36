import { setImmediate } from 'node:timers/promises';

/** Cuts long work into pieces: after each budget that is spent, by whoever shares it, the main loop gets a turn. */
export class Pace {
  readonly #budget: number;
  #spent = 0;
  #turn: Promise<void> | undefined;

  constructor(budget: number) {
    this.#budget = budget;
  }

  async spend(cost: number): Promise<void> {
    this.#spent += cost;
    if (this.#spent >= this.#budget) await (this.#turn ??= this.#pause());
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#spent = 0;
    this.#turn = undefined;
  }
}
