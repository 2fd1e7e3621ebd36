import type { Millis } from '../../base/index.ts';
import type { Condition, Deployment, DeploymentStatus } from '../../model/index.ts';
import { conditionOf, withoutCondition } from '../../status/index.ts';
import { nonZero } from '../counts.ts';
import { boundsOf, wantedReplicas } from './bounds.ts';
import { say, type Conditions } from './conditions.ts';
import { allOf, availableOf, sizeOf, total, type Sets } from './sets.ts';

/** What the sets' own counts add up to. */
export function countsOf(deployment: Deployment, sets: Sets): Omit<DeploymentStatus, 'conditions'> {
  const all = allOf(sets);
  const available = total(all, availableOf);
  const terminating = all.map((set) => set.status?.terminatingReplicas);
  return {
    ...nonZero({
      observedGeneration: deployment.metadata.generation ?? 0,
      replicas: total(all, (set) => set.status?.replicas ?? 0),
      updatedReplicas: sets.current?.status?.replicas ?? 0,
      readyReplicas: total(all, (set) => set.status?.readyReplicas ?? 0),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, total(all, sizeOf) - available),
      collisionCount: deployment.status?.collisionCount ?? 0,
    }),
    ...(terminating.includes(undefined) ? {} : { terminatingReplicas: terminating.reduce<number>((sum, count) => sum + count!, 0) }),
  };
}

export function withAvailability(conditions: Conditions, deployment: Deployment, sets: Sets, now: Millis): Conditions {
  const enough = total(allOf(sets), availableOf) >= wantedReplicas(deployment) - boundsOf(deployment).unavailable;
  const said = enough
    ? ({ status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' } as const)
    : ({ status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' } as const);
  return say(conditions, { type: 'Available', ...said }, now);
}

const FAILURE = 'ReplicaFailure';

/** The failure of a set is the Deployment's failure, the current set's before the others'. */
export function withReplicaFailure(conditions: Conditions, sets: Sets, now: Millis): Conditions {
  const failures = [sets.current, ...sets.old].map((set) => conditionOf(set?.status?.conditions, FAILURE));
  const failure: Condition | undefined = failures.find((condition) => condition !== undefined);
  if (!failure) return withoutCondition(conditions, FAILURE);
  const { type, status, reason, message } = failure;
  return say(conditions, { type, status, reason, message }, now);
}
