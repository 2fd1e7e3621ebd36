import type { Millis } from '../../base/index.ts';
import { controllerReference, CRON_JOBS, type CronJob, type Job } from '../../model/index.ts';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** One name for each start: a repeated creation finds the first. */
export const jobName = (cron: string, at: Millis): string => `${cron}-${Math.floor(at / 60_000)}`;

export function newJob(cron: CronJob, at: Millis): Job {
  const { metadata = {}, spec } = cron.spec.jobTemplate;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cron.metadata.name, at),
      namespace: cron.metadata.namespace!,
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      annotations: { ...metadata.annotations, [SCHEDULED_AT]: zonedTime(at, cron.spec.timeZone ?? 'UTC') },
      ownerReferences: [controllerReference(cron, CRON_JOBS)],
    },
    spec,
  };
}

/** RFC 3339 with the zone's offset. */
function zonedTime(at: Millis, timeZone: string): string {
  const name = Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find(({ type }) => type === 'timeZoneName')!.value;
  const [offset = 'Z', sign, hours = 0, minutes = 0] = /([+-])(\d+):(\d+)/.exec(name.replace('+00:00', '')) ?? [];
  const shift = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  return new Date(at + shift).toISOString().slice(0, 19) + offset;
}
