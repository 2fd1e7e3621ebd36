import { setImmediate } from 'node:timers/promises';

/** Cuts long work into pieces: after each budget that is spent, by whoever shares it, the main loop gets a turn. */
export class Pace {
  readonly #budget: number;
  #spent = 0;
  #turn: Promise<void> | undefined;

  constructor(budget: number) {
    this.#budget = budget;
  }

  /** Gives what to wait for, if anything: waiting for nothing costs more than much of the work. */
  spend(cost: number): Promise<void> | undefined {
    this.#spent += cost;
    return this.#spent >= this.#budget ? (this.#turn ??= this.#pause()) : undefined;
  }

  async #pause(): Promise<void> {
    await setImmediate();
    this.#spent = 0;
    this.#turn = undefined;
  }
}
