import type { Millis } from '../../base/index.ts';
import { formatTime, parseTime, type Condition, type Job, type JobStatus, type Pod } from '../../model/index.ts';
import { conditionOf, isReady, isTerminal, type EventType } from '../../status/index.ts';
import { nonZero } from '../counts.ts';
import { ANNOUNCED, isFinished, type Ending } from './ending.ts';
import { hasFailed, indexOf, isIndexed, isSuspended, isTracked } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { formatIndexes } from './indexes.ts';
import type { JobView } from './view.ts';

export interface StatusDecision {
  readonly status: JobStatus;
  /** Pods that may lose their finalizer once the status is written. */
  readonly release: readonly Pod[];
  readonly events: readonly { readonly type: EventType; readonly reason: string; readonly message: string }[];
  readonly lookAgainIn: Millis | undefined;
}

/** A status lists at most as many pods: the rest follows. */
const MOST_UNCOUNTED = 500;

type Conditions = readonly Condition[];
type Events = StatusDecision['events'];

/** What a job says of its pods, after this turn has made and removed some. */
export function decideStatus(view: JobView): StatusDecision {
  const { job, now, active, ending } = view;
  if (isFinished(job)) return { status: job.status!, release: view.pods.filter(isTracked), events: [], lookAgainIn: undefined };
  const counted = count(view);
  const suspension = decideSuspension(view);
  const isSettled = counted.uncounted.length === 0 && counted.release.length === 0 && active.length === 0 && view.terminating.length === 0;
  const conditions = ending ? withEnding(suspension.conditions, ending, isSettled, now) : suspension.conditions;
  const isOver = ending !== undefined && isSettled;
  const startTime = suspension.startTime;
  const status: JobStatus = {
    ...counted.status,
    ...nonZero({ active: active.length }),
    ready: active.filter(isReady).length,
    terminating: view.terminating.length,
    ...(conditions.length > 0 ? { conditions } : {}),
    ...(startTime ? { startTime } : {}),
    ...(isOver && ending.kind === 'Complete' ? { completionTime: formatTime(now) } : {}),
  };
  const end: Events = isOver ? endEvents(job, ending, status) : [];
  return {
    status,
    release: counted.release,
    events: [...suspension.events, ...end],
    lookAgainIn: ending ? undefined : deadlineIn(view, startTime),
  };
}

/** Moves what was listed and has been let go into the counts, and lists what has ended since. */
function count({ job, pods, newSuccesses, newFailures, succeededIndexes, failedIndexes, lastFailures, ending }: JobView) {
  const { uncountedTerminatedPods: listed = {}, active: _active, startTime: _startTime, ...old } = job.status ?? {};
  const tracked = new Set(pods.filter(isTracked).map(({ metadata }) => metadata.uid!));
  const stillListed = (uids: readonly string[] = []) => uids.filter((uid) => tracked.has(uid));
  const released = (uids: readonly string[] = []) => uids.filter((uid) => !tracked.has(uid)).length;
  const held = new Set(ending ? [] : lastFailures.values());
  const isForced = ending !== undefined || job.metadata.deletionTimestamp !== undefined;
  const isListed = new Set([...(listed.succeeded ?? []), ...(listed.failed ?? [])]);
  const indexed = isIndexed(job);
  const isCut = (pod: Pod) => !isTerminal(pod) && !hasFailed(job, pod) && (!indexed || indexOf(job, pod) !== undefined);
  const cut =
    ending?.kind === 'Failed' ? pods.filter((pod) => isTracked(pod) && isCut(pod) && judgeFailure(job, pod).action !== 'Ignore') : [];
  const failures = [...newFailures.filter((pod) => !held.has(pod)), ...cut.filter(({ metadata }) => !isListed.has(metadata.uid!))];
  const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || (hasFailed(job, pod) && !held.has(pod)) || isForced;
  const succeeded = indexed ? [] : [...stillListed(listed.succeeded), ...uidsOf(newSuccesses)].slice(0, MOST_UNCOUNTED);
  const failed = [...stillListed(listed.failed), ...uidsOf(failures)].slice(0, MOST_UNCOUNTED);
  const noted = new Set([...succeeded, ...failed]);
  const awaits = new Set([...uidsOf(indexed ? [] : newSuccesses), ...uidsOf(failures)].filter((uid) => !noted.has(uid)));
  const release = pods.filter((pod) => isTracked(pod) && isOver(pod) && !awaits.has(pod.metadata.uid!));
  const status: JobStatus = {
    ...old,
    ...nonZero({
      succeeded: indexed ? succeededIndexes.size : (old.succeeded ?? 0) + released(listed.succeeded),
      failed: (old.failed ?? 0) + released(listed.failed),
    }),
    ...(indexed && succeededIndexes.size > 0 ? { completedIndexes: formatIndexes(succeededIndexes) } : {}),
    ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
    uncountedTerminatedPods: { ...(succeeded.length > 0 ? { succeeded } : {}), ...(failed.length > 0 ? { failed } : {}) },
  };
  return { status, release, uncounted: [...noted] };
}

const uidsOf = (pods: readonly Pod[]) => pods.map(({ metadata }) => metadata.uid!);

/** A suspended job has no start: what counts from it, as its deadline does, begins anew when it is resumed. */
function decideSuspension({ job, now, ending }: JobView): { conditions: Conditions; startTime: string | undefined; events: Events } {
  const { conditions = [], startTime } = job.status ?? {};
  const present = conditionOf(conditions, 'Suspended');
  const told = (reason: string, message: string): Events => [{ type: 'Normal', reason, message }];
  if (ending) return { conditions, startTime, events: [] };
  if (isSuspended(job)) {
    if (present?.status === 'True') return { conditions, startTime: undefined, events: [] };
    const said = { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' } as const;
    return { conditions: set(conditions, said, now), startTime: undefined, events: told('Suspended', 'Job suspended') };
  }
  if (present?.status !== 'True') return { conditions, startTime: startTime ?? formatTime(now), events: [] };
  const said = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' } as const;
  return { conditions: set(conditions, said, now), startTime: formatTime(now), events: told('Resumed', 'Job resumed') };
}

function withEnding(conditions: Conditions, { kind, reason, message }: Ending, isSettled: boolean, now: Millis): Conditions {
  const announced = conditionOf(conditions, ANNOUNCED[kind])
    ? conditions
    : set(conditions, { type: ANNOUNCED[kind], status: 'True', reason, message }, now);
  return isSettled ? set(announced, { type: kind, status: 'True', reason, message }, now) : announced;
}

function set(conditions: Conditions, said: Omit<Condition, 'lastTransitionTime'>, now: Millis): Conditions {
  const time = formatTime(now);
  const condition = { ...said, lastProbeTime: time, lastTransitionTime: time };
  return [...conditions.filter(({ type }) => type !== said.type), condition];
}

function endEvents({ spec }: Job, { kind, reason, message }: Ending, { succeeded = 0 }: JobStatus): Events {
  if (kind === 'Failed') return [{ type: 'Warning', reason, message }];
  const tooMany = { reason: 'TooManySucceededPods', message: 'Too many succeeded pods running after completion count reached' };
  return [
    ...(succeeded > (spec.completions ?? Infinity) ? [{ type: 'Warning', ...tooMany } as const] : []),
    { type: 'Normal', reason: 'Completed', message: 'Job completed' },
  ];
}

function deadlineIn({ job, now }: JobView, startTime: string | undefined): Millis | undefined {
  const start = parseTime(startTime);
  const seconds = job.spec.activeDeadlineSeconds;
  return seconds === undefined || start === undefined || isSuspended(job) ? undefined : Math.max(0, start + seconds * 1000 - now);
}
