import { wholeUnits, type Pod } from '../../model/index.ts';
import { formatBinary } from './amounts.ts';
import type { Shortage } from './judge.ts';

/** A pod that runs, and what its containers take of what is short, by their names. */
export interface Consumer {
  readonly pod: Pod;
  readonly usage: ReadonlyMap<string, number>;
  /** Beside its containers: what lies in its volumes. */
  readonly shared?: number;
}

/** From here on, a pod is one that the cluster cannot do without. */
const CRITICAL = 2_000_000_000;

/**
 * Who goes first: who takes more than it asked for, who matters less, who takes most beyond what it asked for.
 * Undefined where nobody may be driven out.
 */
export function chooseVictim(consumers: readonly Consumer[], { resource }: Shortage): Consumer | undefined {
  const excess = (consumer: Consumer) => takenBy(consumer) - requestedBy(consumer.pod, resource);
  const rank = (consumer: Consumer) => [excess(consumer) > 0 ? 0 : 1, consumer.pod.spec.priority ?? 0, -excess(consumer)] as const;
  return consumers
    .filter(({ pod }) => (pod.spec.priority ?? 0) < CRITICAL)
    .toSorted((a, b) => compareRanks(rank(a), rank(b)) || (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1))[0];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - b[i]!;
  return 0;
}

function takenBy({ usage, shared = 0 }: Consumer): number {
  return [...usage.values()].reduce((sum, each) => sum + each, shared);
}

function requestedBy({ spec }: Pod, resource: string): number {
  return spec.containers.reduce((sum, { resources }) => sum + wholeUnits(resources?.requests?.[resource] ?? '0'), 0);
}

/** What is said of it, in a kubelet's words. */
export function evictionMessage({ pod, usage }: Consumer, { resource, threshold, available }: Shortage): string {
  const heavy = pod.spec.containers.flatMap(({ name, resources }) => {
    const [taken, request] = [usage.get(name), resources?.requests?.[resource] ?? '0'];
    if (taken === undefined || taken <= wholeUnits(request)) return [];
    return [`Container ${name} was using ${formatBinary(taken)}, request is ${request}, has larger consumption of ${resource}. `];
  });
  return `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: ${available}. ${heavy.join('')}`;
}
