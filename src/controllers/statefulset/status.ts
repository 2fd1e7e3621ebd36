import type { StatefulSetStatus } from '../../model/index.ts';
import { isReady, isTerminating } from '../../status/index.ts';
import { nonZero } from '../counts.ts';
import type { StatefulState } from './decide.ts';
import { ordinalOf, revisionOf } from './identity.ts';
import { waitFor } from './members.ts';

export function decideStatefulStatus({ set, pods, current, update, now }: StatefulState): StatefulSetStatus {
  const members = pods.filter((pod) => ordinalOf(set, pod) !== undefined);
  const of = (revision: string) => members.filter((pod) => !isTerminating(pod) && revisionOf(pod) === revision).length;
  const ready = members.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length;
  const wanted = set.spec.replicas ?? 1;
  const updated = of(update);
  const isDone = set.spec.updateStrategy?.type !== 'OnDelete' && [updated, ready, members.length].every((count) => count === wanted);
  return {
    replicas: members.length,
    availableReplicas: members.filter((pod) => waitFor(set, pod, now) === 0).length,
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
