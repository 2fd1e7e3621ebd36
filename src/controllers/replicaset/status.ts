import { messageOf, type Millis } from '../../base/index.ts';
import { matches, selectorFromLabels, type Condition, type Pod, type ReplicaSet, type ReplicaSetStatus } from '../../model/index.ts';
import {
  availableIn,
  conditionOf,
  isActive,
  isReady,
  isTerminal,
  isTerminating,
  withCondition,
  withoutCondition,
} from '../../status/index.ts';
import { nonZero } from '../counts.ts';

export interface StatusDecision {
  readonly status: ReplicaSetStatus;
  /** When the next ready pod becomes available by the passing of time alone. */
  readonly nextAvailableIn: Millis | undefined;
}

/** What stopped the set from making or removing pods. */
export interface ReplicaFailure {
  readonly reason: 'FailedCreate' | 'FailedDelete';
  readonly error: unknown;
}

/** What the set says of its pods. */
export function decideStatus(set: ReplicaSet, pods: readonly Pod[], failure: ReplicaFailure | undefined, now: Millis): StatusDecision {
  const active = pods.filter(isActive);
  const template = selectorFromLabels(set.spec.template.metadata?.labels ?? {});
  const waits = active.map((pod) => availableIn(pod, set.spec.minReadySeconds ?? 0, now));
  const pending = waits.filter((wait): wait is Millis => wait !== undefined && wait > 0);
  const status: ReplicaSetStatus = {
    replicas: active.length,
    ...nonZero({
      fullyLabeledReplicas: active.filter((pod) => matches(template, pod.metadata.labels)).length,
      readyReplicas: active.filter(isReady).length,
      availableReplicas: waits.filter((wait) => wait === 0).length,
      observedGeneration: set.metadata.generation ?? 0,
    }),
    terminatingReplicas: pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)).length,
    ...withFailure(set.status?.conditions, failure, now),
  };
  return { status, nextAvailableIn: pending.length > 0 ? Math.min(...pending) : undefined };
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
