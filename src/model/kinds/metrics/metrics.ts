import { dns1123Subdomain, parseNanos, type KindRef, type KubeObject } from '../../meta/index.ts';
import type { Schema } from '../../schema/index.ts';
import type { ResourceList } from '../../types/index.ts';
import { NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import type { Kind } from '../kind.ts';

interface Measured extends KubeObject {
  /** The end of the time over which it was measured. */
  readonly timestamp: string;
  readonly window: string;
}

export interface NodeMetrics extends Measured {
  readonly usage: ResourceList;
}

export interface PodMetrics extends Measured {
  readonly containers: readonly { readonly name: string; readonly usage: ResourceList }[];
}

const metricsRef = <T>(kind: string, plural: string, namespaced: boolean): KindRef<T> => ({
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind,
  plural,
  namespaced,
});

export const NODE_METRICS = metricsRef<NodeMetrics>('NodeMetrics', 'nodes', false);
export const POD_METRICS = metricsRef<PodMetrics>('PodMetrics', 'pods', true);

const USAGE: Schema = {
  type: 'object',
  additionalProperties: { type: 'string' },
  description: 'What is used: cpu, as an average over the window, and memory.',
};
const CONTAINERS: Schema = {
  type: 'array',
  items: { type: 'object', required: ['name', 'usage'], properties: { name: { type: 'string' }, usage: USAGE } },
};

/** It is measured when it is asked for, and can only be read. */
function declareMetrics<T extends Measured>(ref: KindRef<T>, properties: Record<string, Schema>, usage: (object: T) => ResourceList): Kind {
  const measured: Record<string, Schema> = {
    timestamp: { type: 'string', format: 'date-time' },
    window: { type: 'string' },
    ...properties,
  };
  const declared = declareKind<T>({
    ref,
    schema: { custom: () => ({ type: 'object', properties: measured }) },
    name: dns1123Subdomain,
    verbs: ['get', 'list'],
    columns: [NAME, ...['cpu', 'memory', 'Window'].map(textColumn)],
    row: (object) => [object.metadata.name, usage(object)['cpu'] ?? '', usage(object)['memory'] ?? '', object.window],
  });
  // The names of what it is measured of mean that, and not its metrics.
  return { ...declared, singular: '' };
}

/** Of a cluster in which somebody measures. */
export const METRICS_KINDS: readonly Kind[] = [
  declareMetrics(NODE_METRICS, { usage: USAGE }, ({ usage }) => usage),
  declareMetrics(POD_METRICS, { containers: CONTAINERS }, ({ containers }) => sumOf(containers.map(({ usage }) => usage))),
];

function sumOf(usages: readonly ResourceList[]): ResourceList {
  const sum = (name: string) => usages.reduce((all, usage) => all + (parseNanos(usage[name] ?? '0') ?? 0n), 0n);
  return { cpu: `${sum('cpu')}n`, memory: `${sum('memory') / NANOS_OF_KIBI}Ki` };
}

const NANOS_OF_KIBI = 1024n * 1_000_000_000n;
