import type { Millis } from '../../base/index.ts';
import type { Pod, StatefulSet } from '../../model/index.ts';
import { availableIn, isReady, isTerminating } from '../../status/index.ts';
import { firstOrdinal, ordinalOf } from './identity.ts';

/** A place of the set, with the pod that has it. */
export interface Member {
  readonly ordinal: number;
  readonly pod: Pod | undefined;
}

export interface Members {
  /** All places that the set should have, in order. */
  readonly wanted: readonly Member[];
  /** Pods of places that it should not have, the highest first. */
  readonly condemned: readonly (Member & { readonly pod: Pod })[];
}

export function membersOf(set: StatefulSet, pods: readonly Pod[]): Members {
  const byOrdinal = new Map<number, Pod>();
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal !== undefined) byOrdinal.set(ordinal, pod);
  }
  const first = firstOrdinal(set);
  const wanted = Array.from({ length: set.spec.replicas ?? 1 }, (_, i) => ({ ordinal: first + i, pod: byOrdinal.get(first + i) }));
  for (const { ordinal } of wanted) byOrdinal.delete(ordinal);
  const condemned = [...byOrdinal].map(([ordinal, pod]) => ({ ordinal, pod })).toSorted((a, b) => b.ordinal - a.ordinal);
  return { wanted, condemned };
}

export const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

const isHealthy = (pod: Pod | undefined): boolean =>
  pod !== undefined && pod.status?.phase === 'Running' && isReady(pod) && !isTerminating(pod);

/** How long until it is available; undefined for one that time alone does not help. */
export function waitFor({ spec }: StatefulSet, pod: Pod | undefined, now: Millis): Millis | undefined {
  return isHealthy(pod) ? availableIn(pod!, spec.minReadySeconds ?? 0, now) : undefined;
}
