import type { Millis } from '../../base/index.ts';
import type { Job, Pod } from '../../model/index.ts';
import { endedAt, hasFailed } from './facts.ts';

const FIRST: Millis = 10_000;
const LONGEST: Millis = 600_000;

/** How long after the last of so many failures nothing is tried again. */
export function delayAfter(failures: number): Millis {
  return failures === 0 ? 0 : Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 30));
}

/** How long no pod may be made because the last ones failed one after another. */
export function backOff(job: Job, pods: readonly Pod[], now: Millis): Millis {
  const ends = pods
    .filter((pod) => pod.status?.phase === 'Succeeded' || hasFailed(job, pod))
    .map((pod) => ({ at: endedAt(pod), isSuccess: pod.status?.phase === 'Succeeded' }))
    .toSorted((a, b) => a.at - b.at);
  const failures = ends.slice(ends.findLastIndex(({ isSuccess }) => isSuccess) + 1);
  return failures.length === 0 ? 0 : Math.max(0, failures.at(-1)!.at + delayAfter(failures.length) - now);
}
