import type { Deployment, ReplicaSet } from '../../model/index.ts';
import { boundsOf, isRolling, wantedReplicas } from './bounds.ts';
import { countAnnotation, DESIRED_REPLICAS, MAX_REPLICAS } from './revision.ts';
import { UNCHANGED, type Sizes } from './rolling.ts';
import { allOf, availableOf, compareAge, isInUse, sizeOf, total, type Sets } from './sets.ts';

/** The wanted count changed since the sets got their sizes. */
export function isScaling(deployment: Deployment, sets: Sets): boolean {
  return allOf(sets).some((set) => isSizedForOther(set, deployment));
}

function isSizedForOther(set: ReplicaSet, deployment: Deployment): boolean {
  const wanted = wantedReplicas(deployment);
  return isInUse(set) && (countAnnotation(set, DESIRED_REPLICAS) ?? wanted) !== wanted;
}

/** All of the wanted count for one set. One that has it is left as it is, as in Kubernetes: also with how many there could be once. */
export function decideWhole(deployment: Deployment, set: ReplicaSet): Sizes {
  const wanted = wantedReplicas(deployment);
  return sizeOf(set) === wanted && !isSizedForOther(set, deployment) ? UNCHANGED : new Map([[set.metadata.name, wanted]]);
}

/** Sizes for a new count without moving the rollout on: what is being rolled keeps its proportions. */
export function decideScale(deployment: Deployment, sets: Sets): Sizes {
  const wanted = wantedReplicas(deployment);
  const inUse = allOf(sets).filter(isInUse);
  if (inUse.length <= 1) {
    const only = inUse[0] ?? sets.current ?? sets.old.at(-1);
    return only ? decideWhole(deployment, only) : UNCHANGED;
  }
  if (sets.current && isSaturated(sets.current, wanted)) {
    return new Map(sets.old.filter(isInUse).map((set) => [set.metadata.name, 0]));
  }
  return isRolling(deployment) ? inProportion(deployment, inUse) : UNCHANGED;
}

function isSaturated(current: ReplicaSet, wanted: number): boolean {
  return sizeOf(current) === wanted && countAnnotation(current, DESIRED_REPLICAS) === wanted && availableOf(current) === wanted;
}

/** The larger sets change first; what rounding leaves goes to the largest. */
function inProportion(deployment: Deployment, inUse: readonly ReplicaSet[]): Sizes {
  const wanted = wantedReplicas(deployment);
  const allowed = wanted > 0 ? wanted + boundsOf(deployment).surge : 0;
  const change = allowed - total(inUse, sizeOf);
  const inOrder = inUse.toSorted((a, b) => sizeOf(b) - sizeOf(a) || (change > 0 ? compareAge(b, a) : compareAge(a, b)));
  const sizes = new Map<string, number>();
  let left = change;
  for (const set of inOrder) {
    const share = shareOf(set, deployment, allowed);
    const part = change > 0 ? Math.min(share, left) : Math.max(share, left);
    sizes.set(set.metadata.name, sizeOf(set) + (left === 0 ? 0 : part));
    if (left !== 0) left -= part;
  }
  const largest = inOrder[0]!.metadata.name;
  sizes.set(largest, Math.max(0, sizes.get(largest)! + left));
  return sizes;
}

/** By how much the set would change if only proportions counted. */
function shareOf(set: ReplicaSet, deployment: Deployment, allowed: number): number {
  const size = sizeOf(set);
  if (wantedReplicas(deployment) === 0) return -size;
  const before = countAnnotation(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0);
  return before === 0 ? 0 : Math.round((size * allowed) / before) - size;
}
