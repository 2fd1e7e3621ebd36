import { SpareTime, type Clock, type Millis } from '../../base/index.ts';

/** So long what was told may wait for the loop to have time for it. */
const LONGEST_WAIT: Millis = 10_000;
/** When so many wait, the first ones go with the others' work. */
const MANY = 20_000;
/** What comes on top of these is dropped. */
const MOST = 40_000;
/** Who stops waits so long for what it told to be written. */
const LONGEST_FLUSH: Millis = 5000;

/** What was told at some time. */
interface Told {
  readonly at: Millis;
}

/** What waits to be written, one after another. In a burst the work itself goes first: what is told of it follows within seconds. */
export class Outbox<T extends Told> {
  readonly #clock: Clock;
  readonly #time: SpareTime;
  readonly #write: (told: T) => Promise<unknown>;
  readonly #longestWait: Millis;
  #queue: T[] = [];
  #waiting = 0;
  #writing: Promise<void> | undefined;
  #flushes = 0;

  /** What cannot be written is lost. */
  constructor(clock: Clock, write: (told: T) => Promise<unknown>, longestWait = LONGEST_WAIT) {
    this.#clock = clock;
    this.#time = new SpareTime(clock);
    this.#write = write;
    this.#longestWait = longestWait;
  }

  add(told: T): void {
    if (this.#waiting >= MOST) return;
    this.#waiting++;
    this.#queue.push(told);
    this.#writing ??= this.#writeAll();
  }

  /** Writes what waits without regard for other work; it can be told more afterwards. */
  async flush(): Promise<void> {
    if (!this.#writing) return;
    const isOver = new AbortController();
    const patience = this.#clock.sleep(LONGEST_FLUSH, isOver.signal).catch(() => undefined);
    this.#flushes++;
    await Promise.race([this.#writing, patience]);
    this.#flushes--;
    isOver.abort();
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      this.#queue = [];
      for (const told of batch) {
        await this.#time.wait(() => (this.#isPressing() ? 0 : told.at + this.#longestWait));
        this.#waiting--;
        await this.#write(told).catch(() => undefined);
      }
    }
    this.#writing = undefined;
  }

  #isPressing(): boolean {
    return this.#flushes > 0 || this.#waiting > MANY;
  }
}
