import { doubled, type Millis } from '../../base/index.ts';
import type { Job, Pod } from '../../model/index.ts';
import { endedAt, hasFailed } from './facts.ts';

const FIRST: Millis = 10_000;
const LONGEST: Millis = 600_000;

/** Failures one after another, with no success since. */
export interface FailureRun {
  readonly count: number;
  readonly lastAt: Millis;
}

const NO_FAILURES: FailureRun = { count: 0, lastAt: 0 };

/** How long after the last of so many failures nothing is tried again. */
export function delayAfter(failures: number): Millis {
  return failures === 0 ? 0 : doubled(FIRST, failures, LONGEST);
}

/** What the run comes to with pods that have ended since. */
export function followFailures(job: Job, ended: readonly Pod[], before: FailureRun = NO_FAILURES): FailureRun {
  const ends = ended
    .filter((pod) => pod.status?.phase === 'Succeeded' || hasFailed(job, pod))
    .map((pod) => ({ at: endedAt(pod), isSuccess: pod.status?.phase === 'Succeeded' }))
    .toSorted((a, b) => a.at - b.at || Number(a.isSuccess) - Number(b.isSuccess));
  const lastSuccess = ends.findLastIndex(({ isSuccess }) => isSuccess);
  const start = lastSuccess < 0 ? before : NO_FAILURES;
  const failures = ends.slice(lastSuccess + 1);
  return failures.length === 0 ? start : { count: start.count + failures.length, lastAt: failures.at(-1)!.at };
}

/** How long no pod may be made because of them. */
export function pauseAfter({ count, lastAt }: FailureRun, now: Millis): Millis {
  return Math.max(0, lastAt + delayAfter(count) - now);
}
