import type { Millis } from '../../base/index.ts';
import { formatTime, type Condition, type Deployment } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';

export type Conditions = readonly Condition[];

export type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Sets a condition unless one of the same status and reason stands: its times and message then tell of the first time. */
export function say(conditions: Conditions, said: Said, now: Millis): Conditions {
  const old = conditionOf(conditions, said.type);
  return old?.status === said.status && old?.reason === said.reason ? conditions : sayAgain(conditions, said, now);
}

/** Sets a condition with a new `lastUpdateTime`: from there the progress deadline counts. What was said last stands last. */
export function sayAgain(conditions: Conditions, said: Said, now: Millis): Conditions {
  const old = conditionOf(conditions, said.type);
  const time = formatTime(now);
  const condition = {
    ...said,
    lastUpdateTime: time,
    lastTransitionTime: old?.status === said.status ? (old.lastTransitionTime ?? time) : time,
  };
  return [...conditions.filter((each) => each !== old), condition];
}

const NO_DEADLINE = 2 ** 31 - 1;

/** After how long without progress a rollout counts as failed; undefined when nobody wants to know. */
export function deadlineOf(deployment: Deployment): Millis | undefined {
  const seconds = deployment.spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === NO_DEADLINE ? undefined : seconds * 1000;
}
