import { messageOf, type Millis } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  formatSelector,
  parseNanos,
  parseTime,
  type KindRef,
  type KubeObject,
  type Pod,
  type ResourceList,
  type Selector,
} from '../../model/index.ts';
import type { PodUsage } from './replicas.ts';

interface PodMetrics extends KubeObject {
  readonly timestamp?: string;
  readonly window?: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: ResourceList }[];
}

const POD_METRICS: KindRef<PodMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  namespaced: true,
};

const MINUTE: Millis = 60_000;

/** In thousandths, rounded up. */
export const milli = (quantity: string | undefined): number => Number(((parseNanos(quantity ?? '0') ?? 0n) + 999_999n) / 1_000_000n);

/** What the selected pods use of a resource, in all their containers or in one. */
export async function usageOf(client: Client, namespace: string, selector: Selector, resource: string, container: string | undefined): Promise<ReadonlyMap<string, PodUsage>> {
  const failed = (problem: string) => new Error(`unable to get metrics for resource ${resource}: ${problem}`);
  const { items } = await client.list(POD_METRICS, { namespace, labelSelector: formatSelector(selector) }).catch((error: unknown) => {
    throw failed(`unable to fetch metrics from resource metrics API: ${messageOf(error)}`);
  });
  if (items.length === 0) throw failed('no metrics returned from resource metrics API');
  const without = items.find(({ containers = [] }) => container !== undefined && !containers.some(({ name }) => name === container));
  if (without) {
    throw failed(`failed to get container metrics: container ${container} not present in metrics for pod ${namespace}/${without.metadata.name}`);
  }
  const usages = items.flatMap(({ metadata, timestamp, window, containers = [] }): readonly (readonly [string, PodUsage])[] => {
    const counted = containers.filter(({ name }) => container === undefined || name === container);
    if (counted.length === 0 || counted.some(({ usage }) => usage?.[resource] === undefined)) return [];
    const value = counted.reduce((sum, { usage }) => sum + milli(usage![resource]), 0);
    return [[metadata.name, { value, at: parseTime(timestamp) ?? 0, windowMs: durationOf(window) }]];
  });
  return new Map(usages);
} // prettier-ignore

function durationOf(text: string | undefined): Millis {
  const [, minutes, seconds] = /^(?:(\d+)m)?(?:([\d.]+)s)?$/.exec(text ?? '') ?? [];
  return minutes === undefined && seconds === undefined ? MINUTE : Number(minutes ?? 0) * MINUTE + Number(seconds ?? 0) * 1000;
}

/** What a pod asks for. Throws where one of its containers does not say. */
export function requestOf({ metadata, spec }: Pod, resource: string, container: string | undefined): number {
  const ofPod = (spec as { readonly resources?: { readonly requests?: ResourceList } }).resources?.requests?.[resource];
  if (container === undefined && ofPod !== undefined) return milli(ofPod);
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const counted = [...spec.containers, ...sidecars].filter(({ name }) => container === undefined || name === container);
  return counted.reduce((sum, { name, resources }) => {
    const request = resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
    return sum + milli(request);
  }, 0);
}
