import type { Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import { compareVictims } from './victims.ts';

export interface ReplicaDecision {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** At most as many pods are made or removed at once: the rest follows in the next turn. */
const BURST = 500;

/**
 * How many pods to make, or which to remove.
 * `related` are the pods of all sets that have the same owner: where many of them share a node, one goes first.
 */
export function decideReplicas(want: number, active: readonly Pod[], related: () => readonly Pod[], now: Millis): ReplicaDecision {
  if (active.length <= want) return { create: Math.min(BURST, want - active.length), remove: [] };
  const surplus = Math.min(BURST, active.length - want);
  if (surplus === active.length) return { create: 0, remove: active };
  return { create: 0, remove: active.toSorted(compareVictims(related(), now)).slice(0, surplus) };
}
