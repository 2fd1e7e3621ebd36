interface Told {
  readonly reason: string;
  readonly message: string;
}

/** An autoscaler whose turn ends early: its message is that of a condition, and events may tell of it in other words. */
export class Unable extends Error {
  readonly type: 'AbleToScale' | 'ScalingActive';
  readonly reason: string;
  readonly events: readonly Told[];

  constructor(type: Unable['type'], reason: string, message: string, ...events: readonly Told[]) {
    super(message);
    this.type = type;
    this.reason = reason;
    this.events = events;
  }
}

/** No count can be computed: an event tells of it whatever the reason is. */
export function uncountable(reason: string, message: string, problem: string, ...events: readonly Told[]): Unable {
  return new Unable('ScalingActive', reason, message, ...events, { reason: 'FailedComputeMetricsReplicas', message: problem });
}
