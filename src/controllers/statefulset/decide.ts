import type { Millis } from '../../base/index.ts';
import type { Pod, StatefulSet } from '../../model/index.ts';
import { isTerminating } from '../../status/index.ts';
import { hasEnded, membersOf, waitFor, type Member, type Members } from './members.ts';
import { decideUpdate } from './update.ts';

export interface StatefulState {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  /** Names of revisions: of the one being left, and of the present template. */
  readonly current: string;
  readonly update: string;
  readonly now: Millis;
}

export interface StatefulDecision {
  readonly create: readonly { readonly ordinal: number; readonly revision: string }[];
  readonly remove: readonly Pod[];
  /** To be removed and then made again. */
  readonly ended: readonly Pod[];
  /** When a ready pod becomes available by the passing of time alone. */
  readonly lookAgainIn: Millis | undefined;
}

const nothing: StatefulDecision = { create: [], remove: [], ended: [], lookAgainIn: undefined };

/**
 * One step: what is missing is made from the lowest place up (what has ended is removed, and missing then), what is too much
 * goes from the highest down, and then what is outdated goes from the highest down. In order, each step waits for all that
 * comes before it.
 */
export function decideStatefulSet(state: StatefulState): StatefulDecision {
  const { set } = state;
  if (set.metadata.deletionTimestamp) return nothing;
  const members = membersOf(set, state.pods);
  return set.spec.podManagementPolicy === 'Parallel' ? decideAtOnce(state, members) : decideInOrder(state, members);
}

function decideInOrder(state: StatefulState, members: Members): StatefulDecision {
  for (const { ordinal, pod } of members.wanted) {
    if (!pod) return { ...nothing, create: [{ ordinal, revision: revisionFor(state, ordinal) }] };
    if (isTerminating(pod)) return nothing;
    if (hasEnded(pod)) return { ...nothing, ended: [pod] };
    const wait = waitFor(state.set, pod, state.now);
    if (wait !== 0) return { ...nothing, lookAgainIn: wait };
  }
  const [last] = members.condemned;
  if (last) return { ...nothing, ...condemn(state, members, last) };
  const outdated = decideUpdate(state, members.wanted);
  return { ...nothing, remove: outdated ? [outdated] : [] };
}

/** A sick pod holds up the ones below it, unless it is the lowest of the sick: then its going is what mends the set. */
function condemn({ set, now }: StatefulState, { condemned }: Members, { pod }: { pod: Pod }): Partial<StatefulDecision> {
  if (isTerminating(pod)) return {};
  const sick = condemned.findLast((member) => waitFor(set, member.pod, now) !== 0);
  const wait = waitFor(set, pod, now);
  if (wait !== 0 && sick?.pod !== pod) return { lookAgainIn: wait };
  return { remove: [pod] };
}

function decideAtOnce(state: StatefulState, { wanted, condemned }: Members): StatefulDecision {
  const missing = wanted.filter(({ pod }) => !pod).map(({ ordinal }) => ({ ordinal, revision: revisionFor(state, ordinal) }));
  const ended = wanted.flatMap(({ pod }) => (pod && hasEnded(pod) && !isTerminating(pod) ? [pod] : []));
  const leaving = condemned.filter(({ pod }) => !isTerminating(pod)).map(({ pod }) => pod);
  const outdated = decideUpdate(state, wanted);
  const remove = outdated && !ended.includes(outdated) ? [...leaving, outdated] : leaving;
  return { create: missing, remove, ended, lookAgainIn: nextAvailable(state, wanted) };
}

function nextAvailable({ set, now }: StatefulState, wanted: readonly Member[]): Millis | undefined {
  const waits = wanted.map(({ pod }) => waitFor(set, pod, now) ?? 0).filter((wait) => wait > 0);
  return waits.length > 0 ? Math.min(...waits) : undefined;
}

/** Below the partition a pod comes back as it was. */
function revisionFor({ set, current, update }: StatefulState, ordinal: number): string {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const start = set.spec.ordinals?.start ?? 0;
  return type !== 'OnDelete' && ordinal < start + (rollingUpdate?.partition ?? 0) ? current : update;
}
