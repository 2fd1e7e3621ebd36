import { messageOf, type Millis } from '../../base/index.ts';
import { matches, selectorFromLabels, type Condition, type Pod, type ReplicaSet, type ReplicaSetStatus } from '../../model/index.ts';
import { availableIn, conditionOf, isReady, isTerminal, isTerminating, withCondition, withoutCondition } from '../../status/index.ts';
import { nonZero } from '../counts.ts';

export interface StatusDecision {
  readonly status: ReplicaSetStatus;
  /** When the next ready pod becomes available by the passing of time alone. */
  readonly nextAvailableIn: Millis | undefined;
}

/** What stopped the set from making or removing pods, or from keeping them. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete' | 'PodsRejected';
  readonly error: unknown;
}

/** What the set says of its pods. */
export function decideStatus(set: ReplicaSet, pods: readonly Pod[], failure: ReplicaFailure | undefined, now: Millis): StatusDecision {
  const { minReadySeconds = 0 } = set.spec;
  const template = selectorFromLabels(set.spec.template.metadata?.labels ?? {});
  const counts = { fullyLabeledReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
  let [replicas, terminatingReplicas, nextAvailableIn] = [0, 0, Infinity];
  for (const pod of pods) {
    if (isTerminal(pod)) continue;
    if (isTerminating(pod)) {
      terminatingReplicas++;
      continue;
    }
    replicas++;
    if (matches(template, pod.metadata.labels)) counts.fullyLabeledReplicas++;
    if (!isReady(pod)) continue;
    counts.readyReplicas++;
    const wait = minReadySeconds > 0 ? availableIn(pod, minReadySeconds, now) : 0;
    if (wait === 0) counts.availableReplicas++;
    else nextAvailableIn = Math.min(nextAvailableIn, wait ?? Infinity);
  }
  const status: ReplicaSetStatus = {
    replicas,
    ...nonZero({ ...counts, observedGeneration: set.metadata.generation ?? 0 }),
    terminatingReplicas,
    ...withFailure(set.status?.conditions, failure, now),
  };
  return { status, nextAvailableIn: nextAvailableIn === Infinity ? undefined : nextAvailableIn };
}

const FAILURE = 'ReplicaFailure';

/** The first failure stands until a turn goes through: its message does not change with every try. */
function withFailure(old: readonly Condition[] | undefined, failure: ReplicaFailure | undefined, now: Millis) {
  if (failure && conditionOf(old, FAILURE)) return { conditions: old! };
  const conditions = failure
    ? withCondition(old, { type: FAILURE, status: 'True', reason: failure.reason, message: messageOf(failure.error) }, now)
    : withoutCondition(old, FAILURE);
  return conditions.length > 0 ? { conditions } : {};
}
