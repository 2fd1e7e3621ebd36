import { messageOf, type Millis } from '../../base/index.ts';
import { formatTime, parseTime, type CronJob, type Job, type ObjectReference } from '../../model/index.ts';
import { isConditionTrue, type EventType } from '../../status/index.ts';
import { findDue, TOO_CLOSE, type Due } from './due.ts';
import { jobName } from './newjob.ts';
import { openSchedule, type Schedule } from './schedule.ts';
import { isZone } from './zone.ts';

type Status = NonNullable<CronJob['status']>;

export interface Told {
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
}

export interface CronDecision {
  readonly events: readonly Told[];
  /** Running jobs that give way to the next, and finished ones beyond the history. */
  readonly remove: readonly Job[];
  /** For which time a job is to be made. */
  readonly start: Millis | undefined;
  /** Before that job is made. */
  readonly status: Status;
  readonly lookAgainIn: Millis | undefined;
}

/** A little later than the time itself, so that it has come for certain. */
const SLACK: Millis = 100;

/** `notBefore`: starts up to that moment are not made up for. */
export function decideCronJob(cron: CronJob, jobs: readonly Job[], now: Millis, notBefore: Millis = 0): CronDecision {
  const tidy = followJobs(cron, jobs);
  const plan = { ...tidy, remove: surplus(cron, jobs), start: undefined, lookAgainIn: undefined };
  if (cron.metadata.deletionTimestamp || cron.spec.suspend) return plan;
  const refuse = (reason: string, message: string): CronDecision => ({ ...plan, events: [...plan.events, warning(reason, message)] });
  const { schedule: text, timeZone } = cron.spec;
  if (timeZone !== undefined && !isZone(timeZone)) {
    return refuse('UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`);
  }
  let schedule: Schedule;
  try {
    schedule = openSchedule(text, timeZone);
  } catch (error) {
    return refuse('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)} : ${messageOf(error)}`);
  }
  const next = schedule.next(now);
  if (next === undefined) return refuse('InvalidSchedule', `invalid schedule: ${text} : ${TOO_CLOSE}`);
  return { ...plan, ...decideStart(cron, plan, findDue(cron, schedule, now, notBefore), now), lookAgainIn: next - now + SLACK };
}

type Plan = Pick<CronDecision, 'events' | 'remove' | 'status'>;

function decideStart(cron: CronJob, plan: Plan, { at, tooManyMissed }: Due, now: Millis): Partial<CronDecision> {
  const { spec, metadata } = cron;
  const events = tooManyMissed
    ? [
        ...plan.events,
        warning('TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'),
      ]
    : plan.events;
  const active = plan.status.active ?? [];
  if (at === undefined || active.some(({ name }) => name === jobName(metadata.name, at))) return { events };
  if (spec.startingDeadlineSeconds !== undefined && at + spec.startingDeadlineSeconds * 1000 < now) {
    return {
      events: [
        ...events,
        warning('MissSchedule', `Missed scheduled time to start a job: ${new Date(at).toUTCString().replace('GMT', '+0000')}`),
      ],
    };
  }
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return { events: [...events, { type: 'Normal', reason: 'JobAlreadyActive', message }] };
  }
  return { events, start: at };
}

const warning = (reason: string, message: string): Told => ({ type: 'Warning', reason, message });

export const hasEnded = ({ status }: Job): boolean => ['Complete', 'Failed'].some((type) => isConditionTrue(status?.conditions, type));

const hasSucceeded = ({ status }: Job): boolean => isConditionTrue(status?.conditions, 'Complete');

/** What the status says of the jobs: which are running, and when the last one succeeded. */
function followJobs({ status = {} }: CronJob, jobs: readonly Job[]): { status: Status; events: readonly Told[] } {
  const events: Told[] = [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const active = (status.active ?? []).filter((reference: ObjectReference) => {
    const job = byUid.get(reference.uid);
    if (job && !hasEnded(job)) return true;
    if (!job) events.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${reference.name}` });
    else {
      const condition = hasSucceeded(job) ? 'Complete' : 'Failed';
      events.push({
        type: 'Normal',
        reason: 'SawCompletedJob',
        message: `Saw completed job: ${job.metadata.name}, condition: ${condition}`,
      });
    }
    return false;
  });
  const known = new Set(active.map(({ uid }) => uid));
  for (const job of jobs) {
    if (known.has(job.metadata.uid) || hasEnded(job) || job.metadata.deletionTimestamp) continue;
    events.push(warning('UnexpectedJob', `Saw a job that the controller did not create or forgot: ${job.metadata.name}`));
  }
  const successes = jobs.filter(hasSucceeded).map((job) => parseTime(job.status?.completionTime) ?? 0);
  const last = Math.max(parseTime(status.lastSuccessfulTime) ?? 0, ...successes);
  const { active: _, ...rest } = status;
  return {
    status: { ...rest, ...(active.length > 0 ? { active } : {}), ...(last > 0 ? { lastSuccessfulTime: formatTime(last) } : {}) },
    events,
  };
}

/** The oldest finished jobs beyond the limits. */
function surplus({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const startOf = (job: Job) => parseTime(job.status?.startTime) ?? Infinity;
  const beyond = (finished: readonly Job[], limit: number | undefined) =>
    limit === undefined ? [] : finished.toSorted((a, b) => startOf(a) - startOf(b)).slice(0, Math.max(0, finished.length - limit));
  const finished = jobs.filter((job) => hasEnded(job) && !job.metadata.deletionTimestamp);
  return [
    ...beyond(finished.filter(hasSucceeded), spec.successfulJobsHistoryLimit),
    ...beyond(finished.filter((job) => !hasSucceeded(job)), spec.failedJobsHistoryLimit),
  ];
} // prettier-ignore
