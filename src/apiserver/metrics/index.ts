/** What nodes and pods use, asked of the nodes when somebody wants to know it. Nothing is kept of it, and nothing is asked otherwise. */
import { StatusError, type Clock } from '../../base/index.ts';
import {
  formatTime,
  NODE_METRICS,
  NODES,
  POD_METRICS,
  PODS,
  type KindRef,
  type Manifest,
  type Node,
  type NodeMetrics,
  type Pod,
  type PodMetrics,
} from '../../model/index.ts';
import type { Api, FoundList, ListQuery, Measure, NodeEndpoints, Place } from '../api.ts';
import { parseSummary, type Measurement, type NodeSummary } from './summary.ts';

export interface MetricsOptions {
  readonly api: Api;
  readonly nodes: NodeEndpoints;
  readonly clock: Clock;
}

export function openMetrics(options: MetricsOptions): Measure {
  const measureOf = (place: Place) => (place.kind.group === NODE_METRICS.group ? MEASURES[place.kind.kind] : undefined);
  return (place, query) => {
    const measure = measureOf(place);
    return (
      measure && answered(options, place, measure(options, place, query) as Promise<readonly unknown[]> as Promise<readonly Manifest[]>)
    );
  };
}

type Measures = (options: MetricsOptions, place: Place, query: ListQuery) => Promise<readonly (NodeMetrics | PodMetrics)[]>;

const MEASURES: Readonly<Record<string, Measures>> = {
  async NodeMetrics(options, place, query) {
    const nodes = objectsOf<Node>(options.api, NODES, place, query);
    const summaries = await summariesOf(options, new Set(nodes.map(({ metadata }) => metadata.name)));
    return nodes.flatMap(({ metadata: { name, labels } }) => {
      const used = summaries.get(name)?.node;
      if (!used) return [];
      const metadata = { name, creationTimestamp: formatTime(options.clock.now()), ...(labels ? { labels } : {}) };
      return [{ kind: NODE_METRICS.kind, apiVersion: API_VERSION, metadata, ...timesOf(used), usage: amountsOf(used) }];
    });
  },

  async PodMetrics(options, place, query) {
    const pods = objectsOf<Pod>(options.api, PODS, place, query).filter(({ status }) => status?.phase === 'Running');
    const summaries = await summariesOf(options, new Set(pods.map(({ spec }) => spec.nodeName ?? '')));
    return pods.flatMap(({ metadata: { uid = '', name, namespace, labels }, spec }) => {
      const containers = summaries.get(spec.nodeName ?? '')?.pods.get(uid) ?? [];
      const [first] = containers;
      if (!first) return [];
      const made = formatTime(options.clock.now());
      const metadata = { name, ...(namespace ? { namespace } : {}), creationTimestamp: made, ...(labels ? { labels } : {}) };
      const used = containers.map((each) => ({ name: each.name, usage: amountsOf(each) }));
      return [{ kind: POD_METRICS.kind, apiVersion: API_VERSION, metadata, ...timesOf(first), containers: used }];
    });
  },
};

const API_VERSION = `${NODE_METRICS.group}/${NODE_METRICS.version}`;

function objectsOf<T>(api: Api, ref: KindRef<T>, { namespace, name }: Place, query: ListQuery): readonly T[] {
  const kind = api.kinds.served(ref)!;
  const { labelSelector, fieldSelector } = query;
  const selected = name === undefined ? fieldSelector : `metadata.name=${name}`;
  return api.list({ kind, namespace }, { labelSelector, fieldSelector: selected }).items.map(({ value }) => value as unknown as T);
}

/** A node that cannot be asked is left out, as one is whose metrics are not there yet. */
async function summariesOf({ nodes }: MetricsOptions, names: ReadonlySet<string>): Promise<ReadonlyMap<string, NodeSummary>> {
  const asked = [...names].map(async (name) => {
    const response = await nodes(name)?.(new Request(`http://${name}/stats/summary`));
    return response?.ok ? [[name, parseSummary(await response.json())] as const] : [];
  });
  return new Map((await Promise.all(asked)).flat());
}

function amountsOf({ nanoCores, workingSetBytes }: Measurement): Readonly<Record<string, string>> {
  return { cpu: `${nanoCores}n`, memory: `${Math.ceil(workingSetBytes / 1024)}Ki` };
}

function timesOf({ time, windowMs }: Measurement): { readonly timestamp: string; readonly window: string } {
  const minutes = Math.floor(windowMs / 60_000);
  return { timestamp: time, window: `${minutes > 0 ? `${minutes}m` : ''}${(windowMs % 60_000) / 1000}s` };
}

async function answered({ api }: MetricsOptions, { kind, namespace, name }: Place, made: Promise<readonly Manifest[]>): Promise<FoundList> {
  const values = await made;
  if (name !== undefined && values.length === 0) {
    const resource = kind.kind.toLowerCase();
    const full = namespace === undefined ? name : `${namespace}/${name}`;
    throw new StatusError('NotFound', `${resource}.${kind.group} "${full}" not found`, { name: full, group: kind.group, kind: resource });
  }
  const { revision } = api;
  return { revision, items: values.map((value) => ({ revision, value, text: JSON.stringify(value) })) };
}
