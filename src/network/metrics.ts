/** What is counted here, for whoever shows it: plain values under Prometheus' names. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Made when they are asked for. */
  readonly values: () => MetricValue[];
}

export interface MetricValue {
  readonly metricName: string;
  readonly value: number;
  readonly labels: Record<string, string>;
}
