import type { Millis } from '../../base/index.ts';
import { DELETION_COST_ANNOTATION, parseTime, type ContainerStatus, type Pod } from '../../model/index.ts';
import { isActive, isReady, readySince } from '../../status/index.ts';
import { compareNumbers, compareTexts, inOrder, type Comparator } from '../order.ts';

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

const by =
  (rank: (pod: Pod) => number): Comparator<Pod> =>
  (a, b) =>
    compareNumbers(rank(a), rank(b));

/**
 * Which pod goes first: the one whose loss costs least. With the present time, ages count by their order of magnitude only:
 * pods of about the same age go in any order, so that it is not always the newest rollout, zone or node that loses.
 */
export function compareVictims(related: readonly Pod[], now?: Millis): Comparator<Pod> {
  const crowd = countByNode(related);
  return inOrder([
    by((pod) => (pod.spec.nodeName ? 1 : 0)),
    by((pod) => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0),
    by((pod) => (isReady(pod) ? 1 : 0)),
    by(deletionCost),
    by((pod) => -(crowd.get(pod.spec.nodeName ?? '') ?? 0)),
    by((pod) => (isReady(pod) ? ageRank(readySince(pod), now) : 0)),
    by((pod) => -mostRestarts(pod.status?.containerStatuses)),
    by((pod) => -mostRestarts(sidecarStatuses(pod))),
    by((pod) => ageRank(parseTime(pod.metadata.creationTimestamp), now)),
    (a, b) => compareTexts(a.metadata.name, b.metadata.name),
  ]);
}

function countByNode(pods: readonly Pod[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    if (pod.spec.nodeName && isActive(pod)) counts.set(pod.spec.nodeName, (counts.get(pod.spec.nodeName) ?? 0) + 1);
  }
  return counts;
}

function deletionCost(pod: Pod): number {
  const cost = pod.metadata.annotations?.[DELETION_COST_ANNOTATION];
  return cost && /^-?\d+$/.test(cost) ? Number(cost) : 0;
}

const NANOS = 1e6;

/** What nobody knows the age of counts as the youngest. */
function ageRank(since: Millis | undefined, now: Millis | undefined): number {
  if (since === undefined) return -Infinity;
  if (now === undefined) return -since;
  return now > since ? Math.floor(Math.log2((now - since) * NANOS)) : -1;
}

function mostRestarts(statuses: readonly ContainerStatus[] = []): number {
  return Math.max(0, ...statuses.map(({ restartCount }) => restartCount));
}

function sidecarStatuses({ spec, status }: Pod): readonly ContainerStatus[] {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name);
  return (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.includes(name));
}
