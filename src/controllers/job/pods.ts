import type { Millis } from '../../base/index.ts';
import type { Pod } from '../../model/index.ts';
import { compareVictims } from '../replicaset/victims.ts';
import { pauseAfter } from './backoff.ts';
import { indexOf, isIndexed, isSuspended, replacesOnlyEnded } from './facts.ts';
import { failuresAfter, retryIn } from './retries.ts';
import type { JobView } from './view.ts';

/** A pod to be made: for which index, and what it says of the failures before it. */
export interface NewPod {
  readonly index: number | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface PodDecision {
  readonly create: readonly NewPod[];
  /** Pods that are not wanted any more. A superfluous one is no failure: it is let go before it is deleted. */
  readonly remove: { readonly pods: readonly Pod[]; readonly areSuperfluous: boolean };
  /** When a pod may be made that may not be made yet. */
  readonly lookAgainIn: Millis | undefined;
}

const nothing = { create: [], remove: { pods: [], areSuperfluous: false }, lookAgainIn: undefined } satisfies PodDecision;

/** At most as many pods are made or removed at once. */
const BURST = 500;

/** Which pods to make and which to remove. */
export function decidePods(view: JobView): PodDecision {
  const { job, active, ending } = view;
  if (job.metadata.deletionTimestamp) return nothing;
  if (ending) return { ...nothing, remove: { pods: active, areSuperfluous: ending.kind === 'Complete' } };
  if (isSuspended(job)) return { ...nothing, remove: { pods: active, areSuperfluous: true } };
  const wanted = wantedActive(view);
  const surplus = surplusOf(view, active.length - wanted);
  if (surplus.length > 0) return { ...nothing, remove: { pods: surplus.slice(0, BURST), areSuperfluous: true } };
  const leaving = replacesOnlyEnded(job) ? view.terminating.length : 0;
  return decideCreations(view, Math.min(BURST, wanted - active.length - leaving));
}

function wantedActive({ job, active, succeeded, failedIndexes }: JobView): number {
  const { parallelism = 1, completions } = job.spec;
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(parallelism, completions - succeeded - failedIndexes.size));
}

/** Pods of an index that has one already or is not asked for go in any case; then those whose loss costs least. */
function surplusOf({ job, active }: JobView, count: number): readonly Pod[] {
  const byCost = active.toSorted(compareVictims([]));
  if (!isIndexed(job)) return byCost.slice(0, Math.max(0, count));
  const taken = new Set<number>();
  const needed = new Set<Pod>();
  for (const pod of byCost.toReversed()) {
    const index = indexOf(job, pod);
    if (index === undefined || taken.has(index)) continue;
    taken.add(index);
    needed.add(pod);
  }
  const useless = active.filter((pod) => !needed.has(pod));
  return [...useless, ...byCost.filter((pod) => needed.has(pod))].slice(0, Math.max(useless.length, count));
}

function decideCreations(view: JobView, count: number): PodDecision {
  const { job, now, lastFailures, failureRun } = view;
  if (count <= 0) return nothing;
  const perIndex = job.spec.backoffLimitPerIndex !== undefined;
  const pause = perIndex ? 0 : pauseAfter(failureRun, now);
  if (pause > 0) return { ...nothing, lookAgainIn: pause };
  if (!isIndexed(job)) return { ...nothing, create: Array.from({ length: count }, () => ({ index: undefined, annotations: {} })) };
  const create: NewPod[] = [];
  const waits: Millis[] = [];
  // An index that waits for its next try keeps its place among those that run.
  for (const index of pendingIndexes(view).take(count)) {
    const last = lastFailures.get(index);
    const wait = retryIn(last, now);
    if (wait > 0) waits.push(wait);
    else create.push({ index, annotations: perIndex ? failuresAfter(job, last) : {} });
  }
  return { ...nothing, create, lookAgainIn: waits.length > 0 ? Math.min(...waits) : undefined };
}

/** Indexes that have neither ended nor a pod, the lowest first. */
function* pendingIndexes({ job, active, terminating, succeededIndexes, failedIndexes }: JobView): Generator<number> {
  const busy = new Set([...active, ...(replacesOnlyEnded(job) ? terminating : [])].map((pod) => indexOf(job, pod)));
  for (let index = 0; index < (job.spec.completions ?? 0); index++) {
    if (!busy.has(index) && !succeededIndexes.has(index) && !failedIndexes.has(index)) yield index;
  }
}
