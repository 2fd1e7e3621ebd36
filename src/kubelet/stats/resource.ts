import type { Pod } from '../../model/index.ts';
import type { ContainerUsage, MachineUsage } from '../runtime.ts';

/** As a kubelet answers `/metrics/resource`, for whoever makes rates of it. */
export function resourceMetrics(pods: readonly Pod[], containers: readonly ContainerUsage[], machine: MachineUsage | undefined): string {
  const rows = pods.flatMap(({ metadata: { uid, name, namespace } }) =>
    containers.filter(({ podUid }) => podUid === uid).map((used) => ({ used, labels: { container: used.name, namespace, pod: name } })),
  );
  const perContainer = (of: (used: ContainerUsage) => number) => rows.map(({ used, labels }) => ({ labels, value: of(used), at: used.at }));
  const ofNode = (of: (used: MachineUsage) => number) => (machine ? [{ labels: {}, value: of(machine), at: machine.at }] : []);
  return [
    family('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the container in core-seconds', perContainer(({ cpuNanos }) => cpuNanos / 1e9)),
    family('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes', perContainer(({ memoryBytes }) => memoryBytes)),
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', ofNode(({ cpuNanos }) => cpuNanos / 1e9)),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', ofNode(({ memoryBytes }) => memoryBytes)),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [{ labels: {}, value: 0 }]),
  ].join('');
} // prettier-ignore

interface Row {
  readonly labels: Readonly<Record<string, string | undefined>>;
  readonly value: number;
  readonly at?: number;
}

function family(name: string, type: string, help: string, rows: readonly Row[]): string {
  const lines = rows.map(({ labels, value, at }) => {
    const pairs = Object.entries(labels).map(([label, text = '']) => `${label}=${JSON.stringify(text)}`);
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}${at === undefined ? '' : ` ${Math.trunc(at)}`}\n`;
  });
  return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
