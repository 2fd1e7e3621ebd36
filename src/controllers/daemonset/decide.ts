import type { Millis } from '../../base/index.ts';
import { parseTime, type DaemonSet, type DaemonSetStatus, type Node, type Pod } from '../../model/index.ts';
import { availableIn, isActive, isAvailable, isReady, isTerminal, isTerminating } from '../../status/index.ts';
import { nonZero } from '../counts.ts';
import { compareNumbers, compareTexts } from '../order.ts';
import { HASH_LABEL, nodeOf } from './newpod.ts';
import { placementOf, type Placement } from './placement.ts';
import { decideRolling } from './rolling.ts';

export interface DaemonState {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  /** Those that the set owns. */
  readonly pods: readonly Pod[];
  /** Of the present template. */
  readonly hash: string;
  readonly now: Millis;
}

/** What a set has on one node. */
export interface NodeShare extends Placement {
  readonly node: string;
  /** Those that serve first, then the oldest first. */
  readonly pods: readonly Pod[];
}

export interface DaemonDecision {
  /** Names of nodes. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** They have ended by themselves: another takes their place. */
  readonly ended: readonly Pod[];
  readonly status: DaemonSetStatus;
  /** When a ready pod becomes available by the passing of time alone. */
  readonly lookAgainIn: Millis | undefined;
}

/** First every node gets its pod and loses what it should not have; then what is outdated is replaced. */
export function decideDaemonSet(state: DaemonState): DaemonDecision {
  const shares = shareOut(state);
  const names = new Set(state.nodes.map(({ metadata }) => metadata.name));
  const strays = state.pods.filter((pod) => isActive(pod) && !names.has(nodeOf(pod) ?? ''));
  const placed = shares.map((share) => place(state, share));
  const status = statusOf(state, shares);
  const waits = shares.flatMap(({ pods }) => pods.map((pod) => availableIn(pod, state.set.spec.minReadySeconds ?? 0, state.now) ?? 0));
  const pending = waits.filter((wait) => wait > 0);
  const decision = {
    create: placed.flatMap(({ create }) => create),
    remove: [...strays, ...placed.flatMap(({ remove }) => remove)],
    ended: placed.flatMap(({ ended }) => ended),
    status,
    lookAgainIn: pending.length > 0 ? Math.min(...pending) : undefined,
  };
  if (state.set.metadata.deletionTimestamp) return { ...decision, create: [], remove: [], ended: [] };
  const isMoving = decision.create.length + decision.remove.length + decision.ended.length > 0;
  if (isMoving || state.set.spec.updateStrategy?.type === 'OnDelete') return decision;
  return { ...decision, ...decideRolling(state, shares, status.desiredNumberScheduled) };
}

/** A pod that has ended and only waits for its removal has left its node already. */
function shareOut({ set, nodes, pods }: DaemonState): readonly NodeShare[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isTerminal(pod) && isTerminating(pod)) continue;
    const node = nodeOf(pod) ?? '';
    const share = byNode.get(node);
    if (share) share.push(pod);
    else byNode.set(node, [pod]);
  }
  return nodes.map((node) => ({
    node: node.metadata.name,
    pods: (byNode.get(node.metadata.name) ?? []).toSorted(compareUse),
    ...placementOf(set, node),
  }));
}

/** Where only one is needed, the first one stays. */
function compareUse(a: Pod, b: Pod): number {
  const born = ({ metadata }: Pod) => parseTime(metadata.creationTimestamp) ?? 0;
  return Number(isReady(b)) - Number(isReady(a)) || compareNumbers(born(a), born(b)) || compareTexts(a.metadata.name, b.metadata.name);
}

interface Placing {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  readonly ended: readonly Pod[];
}

function place(state: DaemonState, { node, wants, keeps, pods }: NodeShare): Placing {
  const staying = pods.filter((pod) => !isTerminating(pod));
  if (!keeps) return { create: [], remove: staying, ended: [] };
  // With surge the next pod need not wait for the end of the last.
  const isVacant = mayOverlap(state.set) ? staying.length === 0 : pods.length === 0;
  if (wants && isVacant) return { create: [node], remove: [], ended: [] };
  return { create: [], remove: superfluous(state, staying.filter(isActive)), ended: staying.filter(isTerminal) };
}

function mayOverlap({ spec }: DaemonSet): boolean {
  const surge = spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
  return spec.updateStrategy?.type !== 'OnDelete' && surge !== 0 && surge !== '0%';
}

/** One pod a node; with surge an old one beside a new one, for as long as the old one is the one that serves. */
function superfluous({ set, hash, now }: DaemonState, running: readonly Pod[]): readonly Pod[] {
  if (!mayOverlap(set)) return running.slice(1);
  const isNew = (pod: Pod) => pod.metadata.labels?.[HASH_LABEL] === hash;
  const [fresh, ...otherFresh] = running.filter(isNew);
  const [old, ...otherOld] = running.filter((pod) => !isNew(pod));
  const isReplaced = old && fresh && (!isReady(old) || isAvailable(fresh, set.spec.minReadySeconds ?? 0, now));
  return [...otherOld, ...otherFresh, ...(isReplaced ? [old] : [])];
}

function statusOf({ set, hash, now }: DaemonState, shares: readonly NodeShare[]): DaemonSetStatus {
  const wanted = shares.filter(({ wants }) => wants);
  const held = wanted.flatMap(({ pods }) => pods[0] ?? []);
  const available = held.filter((pod) => availableIn(pod, set.spec.minReadySeconds ?? 0, now) === 0).length;
  return {
    currentNumberScheduled: held.length,
    numberMisscheduled: shares.filter(({ wants, pods }) => !wants && pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: held.filter(isReady).length,
    ...nonZero({
      updatedNumberScheduled: held.filter((pod) => pod.metadata.labels?.[HASH_LABEL] === hash).length,
      numberAvailable: available,
      numberUnavailable: wanted.length - available,
      observedGeneration: set.metadata.generation ?? 0,
      collisionCount: set.status?.collisionCount ?? 0,
    }),
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}
