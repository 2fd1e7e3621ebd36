import type { Millis } from '../../base/index.ts';
import type { Job, Pod } from '../../model/index.ts';
import { delayAfter } from './backoff.ts';
import { countOf, endedAt, INDEX_FAILURES, INDEX_IGNORED_FAILURES, indexOf } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';

const triesOf = (pod: Pod): number => countOf(pod, INDEX_FAILURES) + countOf(pod, INDEX_IGNORED_FAILURES);

/** The last failed pod of each index that is to be tried again and is not yet. */
export function latestFailures(
  job: Job,
  failed: readonly Pod[],
  active: readonly Pod[],
  done: ReadonlySet<number>,
): ReadonlyMap<number, Pod> {
  const running = new Set(active.map((pod) => indexOf(job, pod)));
  const latest = new Map<number, Pod>();
  for (const pod of failed) {
    const index = indexOf(job, pod)!;
    const known = latest.get(index);
    if (!running.has(index) && !done.has(index) && (!known || triesOf(pod) > triesOf(known))) latest.set(index, pod);
  }
  return latest;
}

/** How long the index is not tried again. */
export function retryIn(last: Pod | undefined, now: Millis): Millis {
  return last ? Math.max(0, endedAt(last) + delayAfter(triesOf(last) + 1) - now) : 0;
}

/** How often the index has failed, as the next pod for it says. */
export function failuresAfter(job: Job, last: Pod | undefined): Readonly<Record<string, string>> {
  const isIgnored = last !== undefined && judgeFailure(job, last).action === 'Ignore';
  const failures = last ? countOf(last, INDEX_FAILURES) + (isIgnored ? 0 : 1) : 0;
  const ignored = last ? countOf(last, INDEX_IGNORED_FAILURES) + (isIgnored ? 1 : 0) : 0;
  return { [INDEX_FAILURES]: String(failures), ...(ignored > 0 ? { [INDEX_IGNORED_FAILURES]: String(ignored) } : {}) };
}
