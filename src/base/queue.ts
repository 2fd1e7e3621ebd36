import type { Clock, Millis, Timer } from './clock.ts';
import { doubled } from './doubling.ts';
import type { Random } from './random.ts';
import { Spacing } from './spacing.ts';
import { isTurnLong } from './turn.ts';

export interface QueueOptions<K> {
  clock: Clock;
  random: Random;
  /** Handles one key. A returned delay asks to be called again; a throw means: again, with back-off. */
  handle: (key: K, signal: AbortSignal) => Promise<Millis | undefined>;
  failed?: (key: K, error: unknown, retryMs: Millis) => void;
  concurrency?: number;
  /** In a burst of work a key has its turns so far apart: what changes again and again is handled once. */
  patience?: Millis;
  firstRetryMs?: Millis;
  longestRetryMs?: Millis;
}

/**
 * A queue of keys. A key that is added twice before its turn runs once; one key never runs twice at the
 * same time: what is added while it runs is run again afterwards.
 */
export class WorkQueue<K> {
  readonly #options: Required<Omit<QueueOptions<K>, 'failed'>> & Pick<QueueOptions<K>, 'failed'>;
  readonly #ready = new Set<K>();
  readonly #running = new Set<K>();
  readonly #again = new Set<K>();
  readonly #failures = new Map<K, number>();
  readonly #delayed = new Map<K, { due: Millis; timer: Timer }>();
  readonly #abort = new AbortController();
  readonly #idle: (() => void)[] = [];
  readonly #spacing: Spacing<K>;
  #scheduled = false;

  constructor(options: QueueOptions<K>) {
    this.#options = { concurrency: 1, patience: 0, firstRetryMs: 5, longestRetryMs: 300_000, ...options };
    this.#spacing = new Spacing(options.clock, this.#options.patience, (key) => this.#take(key));
  }

  /** Keys that wait for their turn, without those that wait for a time. */
  get depth(): number {
    return this.#ready.size + this.#again.size + this.#spacing.size;
  }

  add(key: K): void {
    if (this.#abort.signal.aborted) return;
    if (this.#running.has(key)) this.#again.add(key);
    else if (!this.#spacing.holds(key)) this.#take(key);
  }

  /** Adds the key after `ms`, or earlier if it is already waiting for an earlier time. */
  addAfter(key: K, ms: Millis): void {
    if (this.#abort.signal.aborted) return;
    if (ms <= 0) return this.add(key);
    const due = this.#options.clock.now() + ms;
    const waiting = this.#delayed.get(key);
    if (waiting && waiting.due <= due) return;
    waiting?.timer.cancel();
    const timer = this.#options.clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { due, timer });
  }

  /** Stops taking keys, tells the running ones to stop, and waits for them. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('queue closed'));
    this.#ready.clear();
    this.#again.clear();
    this.#spacing.clear();
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #take(key: K): void {
    this.#ready.add(key);
    this.#pump();
  }

  /** Starts work in a microtask, so that a burst of adds merges before the first key runs; in the next turn where this one is long. */
  #pump(): void {
    if (this.#scheduled || this.#running.size >= this.#options.concurrency) return;
    this.#scheduled = true;
    if (isTurnLong(this.#options.clock)) setImmediate(this.#start);
    else queueMicrotask(this.#start);
  }

  readonly #start = (): void => {
    this.#scheduled = false;
    for (const key of this.#ready) {
      if (this.#running.size >= this.#options.concurrency) break;
      if (isTurnLong(this.#options.clock)) return this.#pump();
      this.#ready.delete(key);
      this.#running.add(key);
      void this.#run(key);
    }
  };

  async #run(key: K): Promise<void> {
    const signal = this.#abort.signal;
    try {
      const again = await this.#options.handle(key, signal);
      this.#failures.delete(key);
      if (again !== undefined) this.addAfter(key, again);
    } catch (error) {
      if (!signal.aborted) {
        const failures = (this.#failures.get(key) ?? 0) + 1;
        this.#failures.set(key, failures);
        const retryMs = this.#backoff(failures);
        this.#options.failed?.(key, error, retryMs);
        this.addAfter(key, retryMs);
      }
    }
    this.#running.delete(key);
    this.#spacing.handled(key);
    if (this.#again.delete(key)) this.add(key);
    if (this.#running.size === 0 && signal.aborted) for (const resolve of this.#idle.splice(0)) resolve();
    if (this.#ready.size > 0) this.#pump();
  }

  #backoff(failures: number): Millis {
    const { firstRetryMs, longestRetryMs, random } = this.#options;
    return doubled(firstRetryMs, failures, longestRetryMs) * (1 + random.fraction() * 0.1);
  }
}
