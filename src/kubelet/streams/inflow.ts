/** What comes in by events, to be read at the reader's own pace. */
export class Inflow<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  readonly #full: () => void;
  readonly #drained: () => void;
  #wake: () => void = () => {};
  #ended = false;

  /** `full` and `drained` hold the sender back, and let it go on. */
  constructor(full: () => void = () => {}, drained: () => void = () => {}) {
    this.#full = full;
    this.#drained = drained;
  }

  push(item: T): void {
    if (this.#ended) return;
    this.#waiting.push(item);
    if (this.#waiting.length === MOST_WAITING) this.#full();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#waiting.shift();
      if (item !== undefined) {
        if (this.#waiting.length === MOST_WAITING - 1) this.#drained();
        yield item;
      } else if (this.#ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    }
  }
}

const MOST_WAITING = 64;
