import type { Millis } from '../../base/index.ts';
import { durationMillis, parseTime, type Application, type Plan } from '../../model/index.ts';

/** As long as Flux waits. */
const USUAL: Millis = 300_000;

type Policy = Pick<Application['spec'], 'healthTimeout'>;

export function patience({ healthTimeout }: Policy): Millis {
  return durationMillis(healthTimeout ?? '') ?? USUAL;
}

/** Whether a plan has waited for this stage as long as it may. */
export function isOverdue({ status }: Plan, stage: string, policy: Policy, now: Millis): boolean {
  const { waiting } = status ?? {};
  return waiting?.stage === stage && now >= parseTime(waiting.since)! + patience(policy);
}
