import type { Millis } from '../base/index.ts';
import { parseTime, type Pod } from '../model/index.ts';
import { conditionOf } from './conditions.ts';

/** Its containers have ended for good. */
export function isTerminal(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Its node did not take it on: no container of it was ever made. */
export function wasRejected({ status }: Pod): boolean {
  return status?.phase === 'Failed' && status.reason !== undefined && !status.containerStatuses?.length;
}

/** It counts as a replica: neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !isTerminating(pod);
}

export function isReady(pod: Pod): boolean {
  return conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Since when it has been ready; undefined when it is not, or does not say. */
export function readySince(pod: Pod): Millis | undefined {
  const ready = conditionOf(pod.status?.conditions, 'Ready');
  return ready?.status === 'True' ? parseTime(ready.lastTransitionTime) : undefined;
}

/** Ready for `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: Millis): boolean {
  return availableIn(pod, minReadySeconds, now) === 0;
}

/** How long it must stay ready until it is available: 0 when it is already, undefined when it is not ready. */
export function availableIn(pod: Pod, minReadySeconds: number, now: Millis): Millis | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds <= 0) return 0;
  const since = readySince(pod);
  return since === undefined ? undefined : Math.max(0, since + minReadySeconds * 1000 - now);
}
