import { parseTime, type Pod } from '../../model/index.ts';
import { isActive, isReady, readySince } from '../../status/index.ts';
import { compareNumbers, compareTexts, inOrder, type Comparator } from '../order.ts';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

const by =
  (rank: (pod: Pod) => number): Comparator<Pod> =>
  (a, b) =>
    compareNumbers(rank(a), rank(b));

/** Which pod goes first: the one whose loss costs least. */
export function compareVictims(related: readonly Pod[]): Comparator<Pod> {
  const crowd = countByNode(related);
  return inOrder([
    by((pod) => (pod.spec.nodeName ? 1 : 0)),
    by((pod) => PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0),
    by((pod) => (isReady(pod) ? 1 : 0)),
    by(deletionCost),
    by((pod) => -(crowd.get(pod.spec.nodeName ?? '') ?? 0)),
    by((pod) => (isReady(pod) ? -(readySince(pod) ?? Infinity) : 0)),
    by((pod) => -mostRestarts(pod)),
    by((pod) => -(parseTime(pod.metadata.creationTimestamp) ?? Infinity)),
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
  const cost = pod.metadata.annotations?.[DELETION_COST];
  return cost && /^-?\d+$/.test(cost) ? Number(cost) : 0;
}

function mostRestarts(pod: Pod): number {
  return Math.max(0, ...(pod.status?.containerStatuses ?? []).map((container) => container.restartCount));
}
