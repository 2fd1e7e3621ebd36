import type { Millis } from '../../base/index.ts';
import type { HorizontalPodAutoscaler, ScalingRules } from '../../model/index.ts';

interface Dated {
  readonly at: Millis;
  readonly count: number;
}

/** What was recommended and done of late. */
export interface ScaleHistory {
  readonly recommendations: readonly Dated[];
  /** By how many pods it grew, and shrank. */
  readonly ups: readonly Dated[];
  readonly downs: readonly Dated[];
}

export const NO_HISTORY: ScaleHistory = { recommendations: [], ups: [], downs: [] };

type Policies = NonNullable<ScalingRules['policies']>;
export type Rules = Required<Pick<ScalingRules, 'selectPolicy'>> & { readonly policies: Policies; readonly window: Millis };

const UP: Policies = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const DOWN_WINDOW = 300;
const DOWN: Policies = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

export function rulesOf({ spec }: HorizontalPodAutoscaler): { readonly up: Rules; readonly down: Rules } {
  const rules = (given: ScalingRules = {}, policies: Policies, window: number): Rules => ({
    selectPolicy: given.selectPolicy ?? 'Max',
    policies: given.policies ?? policies,
    window: (given.stabilizationWindowSeconds ?? window) * 1000,
  });
  return { up: rules(spec.behavior?.scaleUp, UP, 0), down: rules(spec.behavior?.scaleDown, DOWN, DOWN_WINDOW) };
}

/** With no behaviour set, it shrinks only to the most that was recommended in five minutes, and may go back to that. */
export function stabilizeByDefault(wanted: number, { recommendations }: ScaleHistory, now: Millis): number {
  return Math.max(wanted, ...recommendations.filter(({ at }) => at >= now - DOWN_WINDOW * 1000).map(({ count }) => count));
}

/** With no behaviour set, it may double at each turn, or grow to four. */
export const limitByDefault = (wanted: number, replicas: number): number => Math.min(wanted, Math.max(2 * replicas, 4));

/** It grows only to the least, and shrinks only to the most, that was recommended within the window. */
export function stabilize(wanted: number, replicas: number, { recommendations }: ScaleHistory, { up, down }: ReturnType<typeof rulesOf>, now: Millis): number {
  const within = (window: Millis) => recommendations.filter(({ at }) => at > now - window).map(({ count }) => count);
  const least = Math.min(wanted, ...within(up.window));
  const most = Math.max(wanted, ...within(down.window));
  return Math.min(Math.max(replicas, least), most);
} // prettier-ignore

/** As far as the rate allows: how much the count may change within a period, by the policies together. */
export function limitRate(wanted: number, replicas: number, history: ScaleHistory, { up, down }: ReturnType<typeof rulesOf>, now: Millis): number {
  if (wanted > replicas) return Math.min(wanted, upLimit(replicas, history, up, now));
  return wanted < replicas ? Math.max(wanted, downLimit(replicas, history, down, now)) : wanted;
} // prettier-ignore

function upLimit(replicas: number, history: ScaleHistory, rules: Rules, now: Millis): number {
  if (rules.selectPolicy === 'Disabled') return replicas;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const start = replicas - changed(history.ups, periodSeconds, now) + changed(history.downs, periodSeconds, now);
    return type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100));
  });
  return Math.max(replicas, rules.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits));
}

function downLimit(replicas: number, history: ScaleHistory, rules: Rules, now: Millis): number {
  if (rules.selectPolicy === 'Disabled') return replicas;
  const limits = rules.policies.map(({ type, value, periodSeconds }) => {
    const start = replicas + changed(history.downs, periodSeconds, now) - changed(history.ups, periodSeconds, now);
    return type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100));
  });
  return Math.min(replicas, rules.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits));
}

function changed(events: readonly Dated[], seconds: number, now: Millis): number {
  return events.filter(({ at }) => at > now - seconds * 1000).reduce((sum, { count }) => sum + count, 0);
}

/** No rule looks back further. */
const LONGEST: Millis = 3_600_000;

/** With what was added, and without what is forgotten. */
export function remember(history: ScaleHistory, added: Partial<Record<keyof ScaleHistory, number>>, now: Millis): ScaleHistory {
  const next = (events: readonly Dated[], count: number | undefined) => [
    ...events.filter(({ at }) => at > now - LONGEST),
    ...(count === undefined ? [] : [{ at: now, count }]),
  ];
  return {
    recommendations: next(history.recommendations, added.recommendations),
    ups: next(history.ups, added.ups),
    downs: next(history.downs, added.downs),
  };
}
