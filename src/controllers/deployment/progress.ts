import type { Millis } from '../../base/index.ts';
import { parseTime, type Deployment, type DeploymentStatus, type ReplicaSet } from '../../model/index.ts';
import { conditionOf, withoutCondition } from '../../status/index.ts';
import { wantedReplicas } from './bounds.ts';
import { deadlineOf, say, sayAgain, type Conditions } from './conditions.ts';

const TYPE = 'Progressing';
const DONE = 'NewReplicaSetAvailable';
const LATE = 'ProgressDeadlineExceeded';
const PAUSED = 'DeploymentPaused';

/** A paused rollout has no deadline; once resumed it begins anew. One that is late already stays so. */
export function withPause(conditions: Conditions, deployment: Deployment, now: Millis): Conditions {
  const reason = conditionOf(conditions, TYPE)?.reason;
  if (deadlineOf(deployment) === undefined || reason === LATE) return conditions;
  const paused = deployment.spec.paused ?? false;
  if (paused === (reason === PAUSED)) return conditions;
  const said = paused
    ? { reason: PAUSED, message: 'Deployment is paused' }
    : { reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  return say(conditions, { type: TYPE, status: 'Unknown', ...said }, now);
}

/** The rollout begins with the making of its set; where none is made, with the first look at one that is there. */
export function withStart(conditions: Conditions, deployment: Deployment, current: ReplicaSet, isNew: boolean, now: Millis): Conditions {
  if (deadlineOf(deployment) === undefined) return conditions;
  const name = JSON.stringify(current.metadata.name);
  if (isNew)
    return say(conditions, { type: TYPE, status: 'True', reason: 'NewReplicaSetCreated', message: `Created new replica set ${name}` }, now);
  if (conditionOf(conditions, TYPE)) return conditions;
  return say(conditions, { type: TYPE, status: 'True', reason: 'FoundNewReplicaSet', message: `Found new replica set ${name}` }, now);
}

/** How the rollout is getting on: done, moving, or standing still for too long. */
export function withProgress(
  conditions: Conditions,
  deployment: Deployment,
  counts: DeploymentStatus,
  current: ReplicaSet | undefined,
  now: Millis,
): Conditions {
  const deadline = deadlineOf(deployment);
  if (deadline === undefined) return withoutCondition(conditions, TYPE);
  const present = conditionOf(conditions, TYPE);
  if (counts.replicas === counts.updatedReplicas && present?.reason === DONE) return conditions;
  const subject = current
    ? `ReplicaSet ${JSON.stringify(current.metadata.name)}`
    : `Deployment ${JSON.stringify(deployment.metadata.name)}`;
  if (isComplete(deployment, counts)) {
    return say(conditions, { type: TYPE, status: 'True', reason: DONE, message: `${subject} has successfully progressed.` }, now);
  }
  if (hasMoved(deployment.status ?? {}, counts)) {
    return sayAgain(conditions, { type: TYPE, status: 'True', reason: 'ReplicaSetUpdated', message: `${subject} is progressing.` }, now);
  }
  const leftMs = timeLeft(conditions, deadline, now);
  if (leftMs === undefined || leftMs >= 0) return conditions;
  return say(conditions, { type: TYPE, status: 'False', reason: LATE, message: `${subject} has timed out progressing.` }, now);
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = wantedReplicas(deployment);
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  const isAllNew = updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted;
  return isAllNew && observedGeneration >= (deployment.metadata.generation ?? 0);
}

function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const oldPods = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus) => replicas - updatedReplicas;
  const grew = (count: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas') => (after[count] ?? 0) > (before[count] ?? 0);
  return grew('updatedReplicas') || oldPods(after) < oldPods(before) || grew('readyReplicas') || grew('availableReplicas');
}

/** Until the deadline; negative when it has passed, undefined when none is running. */
function timeLeft(conditions: Conditions, deadline: Millis, now: Millis): Millis | undefined {
  const progressing = conditionOf(conditions, TYPE);
  const since = parseTime(progressing?.lastUpdateTime);
  if (!progressing || since === undefined || [DONE, LATE, PAUSED].includes(progressing.reason ?? '')) return undefined;
  return since + deadline - now;
}

/** Times on conditions are whole seconds: a second more, and the deadline has passed for certain. */
const GRACE: Millis = 1000;

/** When to look again although nothing has happened. */
export function nextDeadlineIn(deployment: Deployment, status: DeploymentStatus, now: Millis): Millis | undefined {
  const deadline = deadlineOf(deployment);
  const left = deadline === undefined ? undefined : timeLeft(status.conditions ?? [], deadline, now);
  return left === undefined ? undefined : Math.max(0, left) + GRACE;
}
