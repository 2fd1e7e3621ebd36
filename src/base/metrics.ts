/** What a part of the process counts, for whoever shows it: plain values under Prometheus' names. */
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

/** Counts how long things took, into buckets. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #total = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  get sum(): number {
    return this.#sum;
  }

  get total(): number {
    return this.#total;
  }

  add(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at]!++;
    this.#sum += value;
    this.#total++;
  }

  /** Each bucket holds those of the ones below it. */
  values(name: string, labels: Record<string, string>): MetricValue[] {
    let upTo = 0;
    const buckets = this.#bounds.map((bound, at) => {
      upTo += this.#counts[at]!;
      return { metricName: `${name}_bucket`, value: upTo, labels: { ...labels, le: String(bound) } };
    });
    return [
      ...buckets,
      { metricName: `${name}_bucket`, value: this.#total, labels: { ...labels, le: '+Inf' } },
      { metricName: `${name}_sum`, value: this.#sum, labels },
      { metricName: `${name}_count`, value: this.#total, labels },
    ];
  }
}
