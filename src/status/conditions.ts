import type { Millis } from '../base/index.ts';
import { formatTime, type Condition } from '../model/index.ts';

export type Conditions = readonly Condition[] | undefined;

export function conditionOf(conditions: Conditions, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: Conditions, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/**
 * The conditions with this one among them. `lastTransitionTime` moves only when the status does, and conditions that say
 * the same already are given back as they are.
 */
export function withCondition(conditions: Conditions, next: Omit<Condition, 'lastTransitionTime'>, now: Millis): readonly Condition[] {
  const old = conditionOf(conditions, next.type);
  if (old && saysTheSame(old, next)) return conditions!;
  const lastTransitionTime = old?.status === next.status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(now);
  const condition: Condition = { ...next, lastTransitionTime };
  return old ? conditions!.map((each) => (each === old ? condition : each)) : [...(conditions ?? []), condition];
}

export function withoutCondition(conditions: Conditions, type: string): readonly Condition[] {
  return conditionOf(conditions, type) ? conditions!.filter((condition) => condition.type !== type) : (conditions ?? []);
}

function saysTheSame(a: Condition, b: Condition): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message && a.observedGeneration === b.observedGeneration;
}
