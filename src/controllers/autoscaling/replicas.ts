import type { Millis } from '../../base/index.ts';
import { parseTime, type Pod } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';

/** What one pod uses, measured over a window that ended at a time. */
export interface PodUsage {
  readonly value: number;
  readonly at: Millis;
  readonly windowMs: Millis;
}

export interface Target {
  readonly replicas: number;
  readonly pods: readonly Pod[];
  /** By the name of the pod. */
  readonly usage: ReadonlyMap<string, PodUsage>;
  /** What a pod should use: an amount for each pod. */
  readonly wanted: (pod: Pod) => number;
  /** At which amount a pod that nobody has measured is taken when the others are idle. */
  readonly assumed: (pod: Pod) => number;
  /** Pods that have just started use the processor more than they will. */
  readonly isCpu: boolean;
  /** How far usage may stray before anything is done. */
  readonly tolerance: { readonly up: number; readonly down: number };
}

const INITIALIZATION: Millis = 300_000;
const FIRST_READINESS: Millis = 30_000;

/** How many replicas the usage calls for. Pods that nobody knows are taken for what moves the count least. */
export function proposeReplicas(target: Target, now: Millis): number {
  const { replicas, usage, tolerance } = target;
  const living = target.pods.filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase !== 'Failed');
  const isStarting = (pod: Pod) => pod.status?.phase === 'Pending' || (target.isCpu && isWarmingUp(pod, usage.get(pod.metadata.name), now));
  const starting = living.filter((pod) => (pod.status?.phase === 'Pending' || usage.has(pod.metadata.name)) && isStarting(pod));
  const settled = living.filter((pod) => !starting.includes(pod));
  const missing = settled.filter((pod) => !usage.has(pod.metadata.name));
  const measured = settled.filter((pod) => usage.has(pod.metadata.name));
  if (measured.length === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const known = measured.map((pod) => ({ value: usage.get(pod.metadata.name)!.value, wanted: target.wanted(pod) }));
  const ratio = ratioOf(known);
  const countsStarting = starting.length > 0 && ratio > 1;
  if (!countsStarting && missing.length === 0) return isWithin(ratio, tolerance) ? replicas : Math.ceil(round(ratio * measured.length));
  const guessed = missing.map((pod) => ({ value: ratio < 1 ? target.assumed(pod) : 0, wanted: target.wanted(pod) }));
  const idle = countsStarting ? starting.map((pod) => ({ value: 0, wanted: target.wanted(pod) })) : [];
  const all = [...known, ...guessed, ...idle];
  const adjusted = ratioOf(all);
  const isReversed = (ratio < 1 && adjusted > 1) || (ratio > 1 && adjusted < 1);
  if (isWithin(adjusted, tolerance) || isReversed) return replicas;
  const proposal = Math.ceil(round(adjusted * all.length));
  return (adjusted < 1 && proposal > replicas) || (adjusted > 1 && proposal < replicas) ? replicas : proposal;
}

function ratioOf(pods: readonly { readonly value: number; readonly wanted: number }[]): number {
  const wanted = pods.reduce((sum, each) => sum + each.wanted, 0);
  return wanted === 0 ? 0 : pods.reduce((sum, each) => sum + each.value, 0) / wanted;
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
