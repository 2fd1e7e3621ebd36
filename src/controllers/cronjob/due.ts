import type { Millis } from '../../base/index.ts';
import { parseTime, type CronJob } from '../../model/index.ts';
import type { Schedule } from './schedule.ts';

/** So many missed starts are worth a warning. */
const MANY = 100;

export interface Due {
  /** The last time at which a job should have been made and was not. */
  readonly at: Millis | undefined;
  readonly tooManyMissed: boolean;
}

/** What Kubernetes says of a schedule that never comes, too. */
export const TOO_CLOSE = 'time difference between two schedules is less than 1 second';

/** The last start that is due; those missed before it are not made up for. */
export function findDue(cron: CronJob, schedule: Schedule, now: Millis, notBefore: Millis): Due {
  const since = Math.max(earliest(cron, now), notBefore);
  const first = schedule.next(since);
  if (first === undefined || first > now) return { at: undefined, tooManyMissed: false };
  const second = schedule.next(first);
  if (second === undefined || second > now) return { at: first, tooManyMissed: false };
  const between = Math.round((second - first) / 1000);
  if (between < 1) throw new Error(TOO_CLOSE);
  const passed = Math.floor((now - first) / 1000 / between);
  // Starts need not be evenly spaced: a leap close to the end saves counting them all.
  let at = first;
  for (let next = schedule.next(Math.max(first, first + (passed - MANY) * between * 1000)); next !== undefined && next <= now;) {
    at = next;
    next = schedule.next(next);
  }
  return { at, tooManyMissed: passed + 1 > MANY };
}

function earliest({ metadata, spec, status }: CronJob, now: Millis): Millis {
  const known = parseTime(status?.lastScheduleTime) ?? parseTime(metadata.creationTimestamp) ?? now;
  const { startingDeadlineSeconds: deadline } = spec;
  return deadline === undefined ? known : Math.max(known, now - deadline * 1000);
}
