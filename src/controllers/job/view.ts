import type { Millis } from '../../base/index.ts';
import type { Job, Pod } from '../../model/index.ts';
import { isActive, isTerminal, isTerminating } from '../../status/index.ts';
import { followFailures, type FailureRun } from './backoff.ts';
import { decideEnding, type Ending } from './ending.ts';
import { countOf, hasFailed, INDEX_FAILURES, indexOf, isIndexed, isTracked } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { parseIndexes } from './indexes.ts';
import { latestFailures } from './retries.ts';

/** What a job has come to, counted over its status and the pods that are there. */
export interface Tally {
  readonly job: Job;
  readonly now: Millis;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  /** Pods on their way out that still run. */
  readonly terminating: readonly Pod[];
  /** Ended and still tracked: to be listed in the status. */
  readonly newSuccesses: readonly Pod[];
  /** Those that count as failures. */
  readonly newFailures: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  /** Empty where pods have no index. */
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  /** By index, the last pod that failed: it stays until its successor is made, which counts on from it. */
  readonly lastFailures: ReadonlyMap<number, Pod>;
  readonly failureRun: FailureRun;
}

export interface JobView extends Tally {
  readonly ending: Ending | undefined;
}

/** `known` are the failures up to what the status lists; without it they are found among the pods that are still there. */
export function viewJob(job: Job, pods: readonly Pod[], now: Millis, known?: FailureRun): JobView {
  const tally = countJob(job, pods, now, known);
  return { ...tally, ending: decideEnding(tally) };
}

function countJob(job: Job, pods: readonly Pod[], now: Millis, knownRun: FailureRun | undefined): Tally {
  const { status = {}, spec } = job;
  const listed = { succeeded: status.uncountedTerminatedPods?.succeeded ?? [], failed: status.uncountedTerminatedPods?.failed ?? [] };
  const known = new Set([...listed.succeeded, ...listed.failed]);
  const indexed = isIndexed(job);
  const tracked = pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid!));
  const countsAtAll = (pod: Pod) => !indexed || indexOf(job, pod) !== undefined;
  const newSuccesses = tracked.filter((pod) => pod.status?.phase === 'Succeeded' && countsAtAll(pod));
  const ended = tracked.filter((pod) => hasFailed(job, pod) && countsAtAll(pod));
  const newFailures = ended.filter((pod) => judgeFailure(job, pod).action !== 'Ignore');
  const completions = spec.completions ?? 0;
  const succeededIndexes = new Set(indexed ? [...parseIndexes(status.completedIndexes, completions), ...newSuccesses.map((pod) => indexOf(job, pod)!)] : []);
  const perIndex = spec.backoffLimitPerIndex;
  const hasUsedUp = (pod: Pod) => {
    const { action } = judgeFailure(job, pod);
    return action === 'FailIndex' || (action === 'Count' && countOf(pod, INDEX_FAILURES) >= perIndex!);
  };
  const failedIndexes = new Set(
    indexed && perIndex !== undefined
      ? [...parseIndexes(status.failedIndexes, completions), ...ended.filter(hasUsedUp).map((pod) => indexOf(job, pod)!)]
      : [],
  );
  const active = pods.filter(isActive);
  return {
    job,
    now,
    pods,
    active,
    terminating: pods.filter((pod) => isTerminating(pod) && !isTerminal(pod)),
    newSuccesses,
    newFailures,
    succeeded: indexed ? succeededIndexes.size : (status.succeeded ?? 0) + listed.succeeded.length + newSuccesses.length,
    failed: (status.failed ?? 0) + listed.failed.length + newFailures.length,
    succeededIndexes,
    failedIndexes,
    lastFailures: perIndex === undefined ? new Map() : latestFailures(job, ended, active, new Set([...succeededIndexes, ...failedIndexes])),
    failureRun: followFailures(job, knownRun ? [...newSuccesses, ...ended] : pods, knownRun),
  };
} // prettier-ignore
