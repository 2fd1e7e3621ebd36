import type { Millis } from '../base/index.ts';

/** What the loop tells of each controller's queue; names and forms are the matter of who listens. */
export interface LoopMetrics {
  /** A queue begins; how many keys wait in it is asked when somebody wants to know. */
  opened(queue: string, depth: () => number): void;
  added(queue: string): void;
  /** A key's turn has come, after so long in the queue. */
  started(queue: string, waitedMs: Millis): void;
  finished(queue: string, tookMs: Millis, outcome: 'done' | 'failed'): void;
}

/** Kubernetes' bounds of its `workqueue_` histograms, in seconds. */
export const QUEUE_SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

export interface Distribution {
  /** One for each bound of `QUEUE_SECONDS`, and those above. */
  readonly counts: readonly number[];
  readonly seconds: number;
}

export interface QueueTally {
  readonly depth: () => number;
  readonly adds: number;
  readonly retries: number;
  readonly waits: Distribution;
  readonly work: Distribution;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Tally = Mutable<Omit<QueueTally, 'waits' | 'work'>> & { readonly waits: Sum; readonly work: Sum };

class Sum implements Distribution {
  readonly counts = Array.from({ length: QUEUE_SECONDS.length + 1 }, () => 0);
  seconds = 0;

  add(ms: Millis): void {
    const at = QUEUE_SECONDS.findIndex((bound) => ms / 1000 <= bound);
    this.counts[at < 0 ? QUEUE_SECONDS.length : at]!++;
    this.seconds += ms / 1000;
  }
}

/** Counts what the queues tell. */
export class QueueCounts implements LoopMetrics {
  readonly #tallies = new Map<string, Tally>();

  get tallies(): ReadonlyMap<string, QueueTally> {
    return this.#tallies;
  }

  opened(queue: string, depth: () => number): void {
    this.#tallies.set(queue, { depth, adds: 0, retries: 0, waits: new Sum(), work: new Sum() });
  }

  added(queue: string): void {
    this.#tallies.get(queue)!.adds++;
  }

  started(queue: string, waitedMs: Millis): void {
    this.#tallies.get(queue)!.waits.add(waitedMs);
  }

  finished(queue: string, tookMs: Millis, outcome: 'done' | 'failed'): void {
    const tally = this.#tallies.get(queue)!;
    tally.work.add(tookMs);
    if (outcome === 'failed') tally.retries++;
  }
}
