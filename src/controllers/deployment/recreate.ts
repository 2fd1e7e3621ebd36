import type { Pod, ReplicaSet } from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import { isInUse } from './sets.ts';

export type RecreateStep =
  | { readonly kind: 'empty'; readonly sets: readonly ReplicaSet[] }
  | { readonly kind: 'wait' }
  | { readonly kind: 'fill' };

/** All old pods end before the first new one begins, those that are still on their way out included. */
export function decideRecreate(old: readonly ReplicaSet[], podsOf: (set: ReplicaSet) => readonly Pod[]): RecreateStep {
  const inUse = old.filter(isInUse);
  if (inUse.length > 0) return { kind: 'empty', sets: inUse };
  const holdsPods = (set: ReplicaSet) => (set.status?.replicas ?? 0) > 0 || podsOf(set).some((pod) => !isTerminal(pod));
  return old.some(holdsPods) ? { kind: 'wait' } : { kind: 'fill' };
}
