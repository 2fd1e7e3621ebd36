import type { Millis } from '../../base/index.ts';
import { parseTime, type Pod } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';

/** What one pod uses, in thousandths, measured over a window that ended at a time. */
export interface PodUsage {
  readonly value: number;
  readonly at: Millis;
  readonly windowMs: Millis;
}

/** What a pod should use: a share of what it requests, or an amount. */
export type Goal =
  | { readonly kind: 'utilization'; readonly percent: number; readonly requestOf: (pod: Pod) => number }
  | { readonly kind: 'average'; readonly amount: number };

export interface Target {
  readonly replicas: number;
  readonly pods: readonly Pod[];
  /** By the name of the pod. */
  readonly usage: ReadonlyMap<string, PodUsage>;
  readonly goal: Goal;
  /** Pods that have just started use the processor more than they will. */
  readonly isCpu: boolean;
  /** How far usage may stray before anything is done. */
  readonly tolerance: { readonly up: number; readonly down: number };
}

/** How many replicas the usage calls for, and what is used by those pods that count. */
export interface Demand {
  readonly replicas: number;
  /** In percent of what they request, where that is the goal. */
  readonly utilization?: number;
  /** By each, in thousandths. */
  readonly average: number;
}

interface Measured {
  readonly pod: Pod;
  readonly value: number;
}

const INITIALIZATION: Millis = 300_000;
const FIRST_READINESS: Millis = 30_000;

/** Pods that nobody knows are taken for what moves the count least. */
export function proposeReplicas(target: Target, now: Millis): Demand {
  const { replicas, usage, goal, tolerance } = target;
  const living = target.pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Failed');
  const isStarting = (pod: Pod) => pod.status?.phase === 'Pending' || (target.isCpu && isWarmingUp(pod, usage.get(pod.metadata.name), now));
  const starting = living.filter((pod) => (pod.status?.phase === 'Pending' || usage.has(pod.metadata.name)) && isStarting(pod));
  const settled = living.filter((pod) => !starting.includes(pod));
  const missing = settled.filter((pod) => !usage.has(pod.metadata.name));
  const known = settled.flatMap((pod): readonly Measured[] => {
    const found = usage.get(pod.metadata.name);
    return found ? [{ pod, value: found.value }] : [];
  });
  if (known.length === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const { ratio, ...found } = compare(goal, known);
  const stay = { ...found, replicas };
  const countsStarting = starting.length > 0 && ratio > 1;
  if (!countsStarting && missing.length === 0) return isWithin(ratio, tolerance) ? stay : { ...found, replicas: Math.ceil(round(ratio * known.length)) };
  const guessed = ratio === 1 ? [] : missing.map((pod) => ({ pod, value: ratio < 1 ? busy(goal, pod) : 0 }));
  const idle = countsStarting ? starting.map((pod) => ({ pod, value: 0 })) : [];
  const all = [...known, ...guessed, ...idle];
  const adjusted = compare(goal, all).ratio;
  const isReversed = (ratio < 1 && adjusted > 1) || (ratio > 1 && adjusted < 1);
  if (isWithin(adjusted, tolerance) || isReversed) return stay;
  const proposal = Math.ceil(round(adjusted * all.length));
  return (adjusted < 1 && proposal > replicas) || (adjusted > 1 && proposal < replicas) ? stay : { ...found, replicas: proposal };
} // prettier-ignore

/** In whole percents and thousandths: a fraction of one moves nothing. */
function compare(goal: Goal, pods: readonly Measured[]): { readonly ratio: number; readonly utilization?: number; readonly average: number } {
  const used = pods.reduce((sum, { value }) => sum + value, 0);
  const average = Math.trunc(used / pods.length);
  if (goal.kind === 'average') return { ratio: average / goal.amount, average };
  const requested = pods.reduce((sum, { pod }) => sum + goal.requestOf(pod), 0);
  if (requested === 0) throw new Error('no metrics returned matched known pods');
  const utilization = Math.trunc((used * 100) / requested);
  return { ratio: utilization / goal.percent, utilization, average };
} // prettier-ignore

/** What a pod that nobody has measured is taken to use when the others are idle. */
function busy(goal: Goal, pod: Pod): number {
  return goal.kind === 'average' ? goal.amount : Math.trunc((goal.requestOf(pod) * Math.max(100, goal.percent)) / 100);
}

/** Sums of fractions are not exact: 3.0000000001 pods are three. */
const round = (count: number) => Math.round(count * 1e9) / 1e9;

const isWithin = (ratio: number, { up, down }: Target['tolerance']) => ratio <= 1 + up && ratio >= 1 - down;

function isWarmingUp({ status }: Pod, usage: PodUsage | undefined, now: Millis): boolean {
  const ready = conditionOf(status?.conditions, 'Ready');
  const start = parseTime(status?.startTime);
  if (!ready || start === undefined) return true;
  const since = parseTime(ready.lastTransitionTime) ?? 0;
  if (start + INITIALIZATION > now) return ready.status !== 'True' || (usage !== undefined && usage.at < since + usage.windowMs);
  return ready.status !== 'True' && start + FIRST_READINESS > since;
}
