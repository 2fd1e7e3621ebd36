import { Histogram, type MetricFamily, type Millis } from '../../base/index.ts';
import type { Load } from './load.ts';

/** How a request is told apart from others, in Kubernetes' words. */
export interface RequestLabels {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: 'cluster' | 'namespace' | 'resource';
}

interface Tally {
  readonly labels: RequestLabels;
  readonly byCode: Map<number, number>;
  readonly durations: Histogram;
  running: number;
}

/** Kubernetes' bounds of `apiserver_request_duration_seconds`. */
const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** What `/metrics` tells of requests. Counting must cost next to nothing; forms and names are the matter of who asks. */
export class RequestCounts {
  readonly #tallies = new Map<string, Tally>();

  count(labels: RequestLabels, code: number, ms: Millis): void {
    const tally = this.#of(labels);
    tally.byCode.set(code, (tally.byCode.get(code) ?? 0) + 1);
    tally.durations.add(ms / 1000);
  }

  /** A watch or a stream has begun, or ended. */
  lasting(labels: RequestLabels, change: 1 | -1): void {
    this.#of(labels).running += change;
  }

  get tallies(): Iterable<Readonly<Tally>> {
    return this.#tallies.values();
  }

  #of(labels: RequestLabels): Tally {
    const { verb, group, version, resource, subresource, scope } = labels;
    const key = `${verb} ${group}/${version}/${resource}/${subresource} ${scope}`;
    let tally = this.#tallies.get(key);
    if (!tally) {
      tally = { labels, byCode: new Map(), durations: new Histogram(SECONDS), running: 0 };
      this.#tallies.set(key, tally);
    }
    return tally;
  }
}

export interface Measured {
  readonly counts: RequestCounts;
  readonly families?: readonly MetricFamily[];
  readonly load: Load;
  readonly version: { readonly gitVersion: string; readonly major: string; readonly minor: string };
}

/** In Prometheus' text format. The library behind it takes 20 MB: only where somebody asks. */
export async function metricsText(measured: Measured): Promise<string> {
  const { expositionOf } = await import('./exposition.ts');
  return expositionOf(measured);
}
