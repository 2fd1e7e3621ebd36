import { Histogram, type MetricFamily, type MetricValue } from '../../base/index.ts';
import type { Served } from './proxy.ts';

interface Tally {
  readonly labels: Record<string, string>;
  readonly byCode: Map<number, number>;
  readonly durations: Histogram;
  bytes: number;
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Ingresses come and go; the route that was seen first is forgotten first. */
const MOST_ROUTES = 2_000;

const REQUESTS = 'slipway_ingress_requests_total';
const DURATION = 'slipway_ingress_request_duration_seconds';
const BYTES = 'slipway_ingress_response_bytes_total';

/** How often each route was asked for, how it ended, and how long it took. */
export class IngressCounts {
  readonly #tallies = new Map<string, Tally>();

  count({ ingress = '', service = '', status, ms, bytes }: Served): void {
    const tally = this.#of(ingress, service);
    tally.byCode.set(status, (tally.byCode.get(status) ?? 0) + 1);
    tally.durations.add(ms / 1000);
    tally.bytes += bytes;
  }

  readonly families: readonly MetricFamily[] = [
    {
      name: REQUESTS,
      type: 'counter',
      help: 'Requests that came through an Ingress, by route and status.',
      values: () => this.#requests(),
    },
    { name: DURATION, type: 'histogram', help: 'How long they took, by route.', values: () => this.#durations() },
    { name: BYTES, type: 'counter', help: 'Bytes of the answers, by route.', values: () => this.#bytes() },
  ];

  #of(ingress: string, service: string): Tally {
    const key = `${ingress} ${service}`;
    let tally = this.#tallies.get(key);
    if (tally) return tally;
    const [namespace = '', name = ''] = ingress.split('/');
    const labels = { namespace, ingress: name, service: service.slice(service.indexOf('/') + 1) };
    tally = { labels, byCode: new Map(), durations: new Histogram(BOUNDS), bytes: 0 };
    this.#tallies.set(key, tally);
    if (this.#tallies.size > MOST_ROUTES) this.#tallies.delete(this.#tallies.keys().next().value!);
    return tally;
  }

  #requests(): MetricValue[] {
    return [...this.#tallies.values()].flatMap(({ labels, byCode }) =>
      [...byCode].map(([code, value]) => ({ metricName: REQUESTS, value, labels: { ...labels, code: String(code) } })),
    );
  }

  #durations(): MetricValue[] {
    return [...this.#tallies.values()].flatMap(({ labels, durations }) => durations.values(DURATION, labels));
  }

  #bytes(): MetricValue[] {
    return [...this.#tallies.values()].map(({ labels, bytes }) => ({ metricName: BYTES, value: bytes, labels }));
  }
}
