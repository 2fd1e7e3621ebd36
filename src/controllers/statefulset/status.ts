import type { StatefulSetStatus } from '../../model/index.ts';
import { isAvailable, isReady, isTerminating } from '../../status/index.ts';
import { nonZero } from '../counts.ts';
import type { StatefulState } from './decide.ts';
import { ordinalOf, revisionOf } from './identity.ts';

export function decideStatefulStatus({ set, pods, current, update, now }: StatefulState): StatefulSetStatus {
  const members = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const of = (revision: string) => members.filter((pod) => !isTerminating(pod) && revisionOf(pod) === revision).length;
  // A pod that leaves counts while it serves.
  const serving = members.filter((pod) => pod.status?.phase === 'Running' && isReady(pod));
  const ready = serving.length;
  const wanted = set.spec.replicas ?? 1;
  const updated = of(update);
  const isDone = set.spec.updateStrategy?.type !== 'OnDelete' && [updated, ready, members.length].every((count) => count === wanted);
  return {
    replicas: members.length,
    availableReplicas: serving.filter((pod) => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    ...nonZero({
      observedGeneration: set.metadata.generation ?? 0,
      readyReplicas: ready,
      currentReplicas: isDone ? updated : of(current),
      updatedReplicas: updated,
    }),
    currentRevision: isDone ? update : current,
    updateRevision: update,
    collisionCount: set.status?.collisionCount ?? 0,
    ...(set.status?.conditions ? { conditions: set.status.conditions } : {}),
  };
}
