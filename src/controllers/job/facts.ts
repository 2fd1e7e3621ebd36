import type { Millis } from '../../base/index.ts';
import { parseTime, type ContainerStatus, type Job, type Pod } from '../../model/index.ts';
import { isTerminating } from '../../status/index.ts';

/** Held by a pod until its job has taken note of its end. */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
export const INDEX = 'batch.kubernetes.io/job-completion-index';
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const INDEX_IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count';

export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(TRACKING) ?? false;

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';

export const isSuspended = ({ spec }: Job): boolean => spec.suspend ?? false;

/** A pod on its way out is replaced only once it has ended. */
export const replacesOnlyEnded = ({ spec }: Job): boolean => spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined;

/** Succeeded in time, or not at all: a pod on its way out counts as failed, unless the job waits for its end. */
export function hasFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesOnlyEnded(job) && isTerminating(pod) && pod.status?.phase !== 'Succeeded';
}

/** Undefined for a pod that stands for none of the job's indexes. */
export function indexOf(job: Job, { metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX];
  const index = text !== undefined && /^\d+$/.test(text) ? Number(text) : Infinity;
  return index < (job.spec.completions ?? 0) ? index : undefined;
}

export function countOf({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
}

export const containersOf = ({ status }: Pod): readonly ContainerStatus[] => [
  ...(status?.containerStatuses ?? []),
  ...(status?.initContainerStatuses ?? []),
];

/** When its last container ended, where all have; else when it was last known to serve, or was deleted. */
export function endedAt(pod: Pod): Millis {
  const ends = (pod.status?.containerStatuses ?? []).map(({ state }) => parseTime(state?.terminated?.finishedAt));
  const known = ends.filter((time) => time !== undefined);
  if (known.length > 0 && known.length === ends.length) return Math.max(...known);
  const unready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
  const deletion = parseTime(pod.metadata.deletionTimestamp);
  const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return (
    parseTime(unready?.lastTransitionTime) ?? (deletion === undefined ? (parseTime(pod.metadata.creationTimestamp) ?? 0) : deletion - grace)
  );
}
