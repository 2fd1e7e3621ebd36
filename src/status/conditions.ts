import type { Millis } from '../base/index.ts';
import { formatTime, type Condition } from '../model/index.ts';

export type Conditions = readonly Condition[] | undefined;

export function conditionOf(conditions: Conditions, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: Conditions, type: string): boolean {
  return conditionOf(conditions, type)?.status === 'True';
}

/** The conditions with this one among them. Those that say the same already are given back as they are. */
export function withCondition(conditions: Conditions, next: Said, now: Millis): readonly Condition[] {
  const old = conditionOf(conditions, next.type);
  const condition = nextCondition(old, next, now);
  if (condition === old) return conditions!;
  return old ? conditions!.map((each) => (each === old ? condition : each)) : [...(conditions ?? []), condition];
}

type Said = Omit<Condition, 'lastTransitionTime'>;

/** `lastTransitionTime` moves only when the status does; one that says the same already stays as it is. */
export function nextCondition(old: Condition | undefined, next: Said, now: Millis): Condition {
  if (old && saysTheSame(old, next)) return old;
  const lastTransitionTime = old?.status === next.status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(now);
  return { ...next, lastTransitionTime };
}

export function withoutCondition(conditions: Conditions, type: string): readonly Condition[] {
  return conditionOf(conditions, type) ? conditions!.filter((condition) => condition.type !== type) : (conditions ?? []);
}

function saysTheSame(a: Said, b: Said): boolean {
  return a.status === b.status && a.reason === b.reason && a.message === b.message && a.observedGeneration === b.observedGeneration;
}
