import { setImmediate } from 'node:timers/promises';

/** About 5 ms, where each item has to be parsed. */
export const ITEMS_PER_TURN = 300;

/** Goes through long lists in pieces, one a turn of the main loop, one list after the other. */
export class Pieces {
  #last = Promise.resolve();

  /** Resolves when all of them were taken. */
  each<T>(items: readonly T[], take: (item: T) => void): Promise<void> {
    const done = this.#last.then(async () => {
      for (let at = 0; at < items.length; at += ITEMS_PER_TURN) {
        await setImmediate();
        for (const item of items.slice(at, at + ITEMS_PER_TURN)) take(item);
      }
    });
    this.#last = done.catch(() => {});
    return done;
  }
}
