import type { Deployment, ReplicaSet } from '../../model/index.ts';
import { boundsOf, wantedReplicas } from './bounds.ts';
import { availableOf, compareAge, isObserved, sizeOf, total } from './sets.ts';

/** Wanted sizes by the names of sets; a set that is not named keeps its own. */
export type Sizes = ReadonlyMap<string, number>;

export const UNCHANGED: Sizes = new Map();

/**
 * One step of a rolling update: the current set grows as far as the surge allows; when it cannot, old sets shrink as far
 * as availability allows. Nothing moves until every set's status speaks of the size that it has now: counts of an
 * earlier size would let the next step overshoot.
 */
export function decideRolling(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  if (!old.every(isObserved) || !isObserved(current)) return UNCHANGED;
  const wanted = wantedReplicas(deployment);
  const size = sizeOf(current) > wanted ? wanted : grownSize(deployment, current, old);
  return size === sizeOf(current) ? shrinkOld(deployment, current, old) : new Map([[current.metadata.name, size]]);
}

/** The size with which a set for a new template begins. */
export function firstSize(deployment: Deployment, born: ReplicaSet, old: readonly ReplicaSet[]): number {
  return old.every(isObserved) ? grownSize(deployment, born, old) : 0;
}

/** How large the current set may be now. Pods of an old set count until they are on their way out. */
function grownSize(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): number {
  const wanted = wantedReplicas(deployment);
  const pods = total([...old, current], (set) => Math.max(sizeOf(set), set.status?.replicas ?? 0));
  const room = Math.max(0, wanted + boundsOf(deployment).surge - pods);
  return sizeOf(current) + Math.max(0, Math.min(room, wanted - sizeOf(current)));
}

/** Available pods that stay when the set has its present size. */
const lastingAvailable = (set: ReplicaSet) => Math.min(availableOf(set), sizeOf(set));

/** Pods that are not available go first: they cost nothing, and would hold up the rollout. */
function shrinkOld(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): Sizes {
  const all = [...old, current];
  const leastAvailable = wantedReplicas(deployment) - boundsOf(deployment).unavailable;
  const spare = total(all, sizeOf) - leastAvailable - (sizeOf(current) - lastingAvailable(current));
  if (spare <= 0) return UNCHANGED;
  const byAge = old.toSorted(compareAge);
  const cleaned = takeFrom(byAge, spare, sizeOf, (set) => sizeOf(set) - lastingAvailable(set));
  const cleanedSize = (set: ReplicaSet) => cleaned.get(set.metadata.name) ?? sizeOf(set);
  const dispensable = total(all, lastingAvailable) - leastAvailable;
  return new Map([...cleaned, ...takeFrom(byAge, dispensable, cleanedSize, cleanedSize)]);
}

/** Sizes after `count` pods were taken from the sets in their order, from each as many as it gives. */
function takeFrom(
  sets: readonly ReplicaSet[],
  count: number,
  size: (set: ReplicaSet) => number,
  gives: (set: ReplicaSet) => number,
): Map<string, number> {
  const sizes = new Map<string, number>();
  let left = count;
  for (const set of sets) {
    const taken = Math.min(left, gives(set));
    if (taken <= 0) continue;
    sizes.set(set.metadata.name, size(set) - taken);
    left -= taken;
  }
  return sizes;
}
