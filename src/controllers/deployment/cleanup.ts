import type { Deployment, ReplicaSet } from '../../model/index.ts';
import { revisionOf } from './revision.ts';
import { compareAge, isInUse, isObserved } from './sets.ts';

const KEPT_BY_DEFAULT = 10;

/** Old sets beyond the history limit, the oldest revisions first; one that still has pods stays. */
export function decideCleanup(deployment: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const living = old.filter((set) => !set.metadata.deletionTimestamp);
  const surplus = living.length - (deployment.spec.revisionHistoryLimit ?? KEPT_BY_DEFAULT);
  if (surplus <= 0) return [];
  return living
    .toSorted((a, b) => revisionOf(a) - revisionOf(b) || compareAge(a, b))
    .slice(0, surplus)
    .filter(isEmpty);
}

function isEmpty(set: ReplicaSet): boolean {
  return !isInUse(set) && (set.status?.replicas ?? 0) === 0 && isObserved(set);
}
