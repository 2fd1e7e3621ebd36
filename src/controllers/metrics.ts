import { Histogram, type MetricFamily, type MetricValue, type Millis } from '../base/index.ts';

/** What the loop tells of each controller's queue. */
export interface LoopMetrics {
  /** A queue begins; how many keys wait in it is asked when somebody wants to know. */
  opened(queue: string, depth: () => number): void;
  added(queue: string): void;
  /** A key's turn has come, after so long in the queue. */
  started(queue: string, waitedMs: Millis): void;
  finished(queue: string, tookMs: Millis, outcome: 'done' | 'failed'): void;
}

/** Kubernetes' bounds of its `workqueue_` histograms. */
const SECONDS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10];

interface Tally {
  readonly depth: () => number;
  adds: number;
  retries: number;
  readonly waits: Histogram;
  readonly work: Histogram;
}

/** Counts what the queues tell, and shows it under the names of Kubernetes' controller manager. */
export class QueueCounts implements LoopMetrics {
  readonly #tallies = new Map<string, Tally>();

  readonly families: readonly MetricFamily[] = [
    this.#family('workqueue_depth', 'gauge', 'Current depth of workqueue', ({ depth }) => depth()),
    this.#family('workqueue_adds_total', 'counter', 'Total number of adds handled by workqueue', ({ adds }) => adds),
    this.#family('workqueue_retries_total', 'counter', 'Total number of retries handled by workqueue', ({ retries }) => retries),
    this.#family(
      'workqueue_queue_duration_seconds',
      'histogram',
      'How long in seconds an item stays in workqueue before being requested.',
      ({ waits }) => waits,
    ),
    this.#family(
      'workqueue_work_duration_seconds',
      'histogram',
      'How long in seconds processing an item from workqueue takes.',
      ({ work }) => work,
    ),
  ];

  opened(queue: string, depth: () => number): void {
    this.#tallies.set(queue, { depth, adds: 0, retries: 0, waits: new Histogram(SECONDS), work: new Histogram(SECONDS) });
  }

  added(queue: string): void {
    this.#tallies.get(queue)!.adds++;
  }

  started(queue: string, waitedMs: Millis): void {
    this.#tallies.get(queue)!.waits.add(waitedMs / 1000);
  }

  finished(queue: string, tookMs: Millis, outcome: 'done' | 'failed'): void {
    const tally = this.#tallies.get(queue)!;
    tally.work.add(tookMs / 1000);
    if (outcome === 'failed') tally.retries++;
  }

  #family(name: string, type: MetricFamily['type'], help: string, of: (tally: Tally) => number | Histogram): MetricFamily {
    const valuesOf = ([queue, tally]: [string, Tally]): MetricValue[] => {
      const value = of(tally);
      const labels = { name: queue };
      return typeof value === 'number' ? [{ metricName: name, value, labels }] : value.values(name, labels);
    };
    return { name, type, help, values: () => [...this.#tallies].flatMap(valuesOf) };
  }
}
