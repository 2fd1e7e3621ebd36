import type { Revision } from '../store.ts';

interface Waiter {
  readonly revision: Revision;
  resolve(): void;
  reject(error: Error): void;
}

/** Those who wait until a revision is on disk. */
export class Waiters {
  #waiting: Waiter[] = [];

  wait(revision: Revision): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ revision, resolve, reject }));
  }

  reached(revision: Revision): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) {
      if (waiter.revision <= revision) waiter.resolve();
      else this.#waiting.push(waiter);
    }
  }

  failed(error: Error): void {
    for (const waiter of this.#waiting.splice(0)) waiter.reject(error);
  }
}
