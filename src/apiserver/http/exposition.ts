import { collectDefaultMetrics, Gauge, Registry, type Metric } from 'prom-client';
import type { MetricFamily } from '../../base/index.ts';
import type { Measured, RequestCounts } from './metrics.ts';

const registries = new WeakMap<RequestCounts, Registry>();

export function expositionOf(measured: Measured): Promise<string> {
  let registry = registries.get(measured.counts);
  if (!registry) registries.set(measured.counts, (registry = registryOf(measured)));
  return registry.metrics();
}

const COMPONENT = { component: 'apiserver' };

/** Kubernetes' names. What was counted is read when it is asked for. */
function registryOf({ counts, families = [], load, version }: Measured): Registry {
  const registry = new Registry();
  const total = 'apiserver_request_total';
  add(registry, total, 'counter', 'Counter of apiserver requests broken out for each verb, resource and HTTP response code.', () =>
    [...counts.tallies].flatMap(({ labels, byCode }) =>
      [...byCode].map(([code, value]) => ({ metricName: total, value, labels: { ...COMPONENT, ...labels, code: String(code) } })),
    ),
  );
  const duration = 'apiserver_request_duration_seconds';
  add(registry, duration, 'histogram', 'Response latency distribution in seconds for each verb, group, version, resource, subresource, scope and component.', () =>
    [...counts.tallies].flatMap(({ labels, durations }) => durations.values(duration, { ...COMPONENT, ...labels })),
  ); // prettier-ignore
  const lasting = 'apiserver_longrunning_requests';
  add(registry, lasting, 'gauge', 'Gauge of all active long-running apiserver requests broken out by verb and resource.', () =>
    [...counts.tallies]
      .filter(({ running }) => running > 0)
      .map(({ labels, running }) => ({ metricName: lasting, value: running, labels: { ...COMPONENT, ...labels } })),
  );
  const inflight = new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Number of requests that are under way now, by kind.',
    labelNames: ['request_kind'],
    registers: [],
    collect() {
      this.set({ request_kind: 'mutating' }, load.running('writing'));
      this.set({ request_kind: 'readOnly' }, load.running('reading'));
    },
  });
  registry.registerMetric(inflight);
  const { gitVersion, major, minor } = version;
  new Gauge({
    name: 'kubernetes_build_info',
    help: 'The version that is served.',
    labelNames: ['git_version', 'major', 'minor'],
    registers: [registry],
  }).set({ git_version: gitVersion, major, minor }, 1);
  for (const { name, type, help, values } of families) add(registry, name, type, help, values);
  collectDefaultMetrics({ register: registry });
  return registry;
}

/** A metric whose values are made when they are asked for: the registry takes whatever can be got. */
function add(registry: Registry, name: string, type: MetricFamily['type'], help: string, values: MetricFamily['values']): void {
  const metric = { name, help, type, aggregator: 'sum', get: async () => ({ name, help, type, aggregator: 'sum', values: values() }) };
  registry.registerMetric(metric as unknown as Metric);
}
