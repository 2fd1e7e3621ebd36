import { Histogram, type MetricFamily, type MetricValue } from '../base/index.ts';
import type { SchedulerCounts } from './scheduler.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

const VICTIMS = [1, 2, 4, 8, 16, 32, 64];

/** Counts what the scheduler did, and shows it under Kubernetes' names. */
export class SchedulerMetrics {
  readonly #profile: string;
  readonly #pending: () => SchedulerCounts;
  readonly #attempts = new Map<AttemptResult, number>();
  readonly #victims = new Histogram(VICTIMS);

  constructor(profile: string, pending: () => SchedulerCounts) {
    this.#profile = profile;
    this.#pending = pending;
  }

  attempted(result: AttemptResult): void {
    this.#attempts.set(result, (this.#attempts.get(result) ?? 0) + 1);
  }

  preempted(victims: number): void {
    this.#victims.add(victims);
  }

  readonly families: readonly MetricFamily[] = [
    {
      name: 'scheduler_schedule_attempts_total',
      type: 'counter',
      help: "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
      values: () => this.#attempted(),
    },
    {
      name: 'scheduler_pending_pods',
      type: 'gauge',
      help: "Number of pending pods, by the queue type. 'active' means number of pods in activeQ; 'backoff' means number of pods in backoffQ; 'unschedulable' means number of pods in unschedulablePods that the scheduler attempted to schedule and failed; 'gated' is the number of unschedulable pods that the scheduler never attempted to schedule because they are gated.",
      values: () => this.#waiting(),
    },
    {
      name: 'scheduler_preemption_victims',
      type: 'histogram',
      help: 'Number of selected preemption victims',
      values: () => this.#victims.values('scheduler_preemption_victims', {}),
    },
  ];

  #attempted(): MetricValue[] {
    return [...this.#attempts].map(([result, value]) => ({
      metricName: 'scheduler_schedule_attempts_total',
      value,
      labels: { profile: this.#profile, result },
    }));
  }

  #waiting(): MetricValue[] {
    const { ready, backingOff, waiting, gated } = this.#pending();
    const byQueue = { active: ready, backoff: backingOff, unschedulable: waiting, gated };
    return Object.entries(byQueue).map(([queue, value]) => ({ metricName: 'scheduler_pending_pods', value, labels: { queue } }));
  }
}
