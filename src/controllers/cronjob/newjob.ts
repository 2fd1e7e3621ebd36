import type { Millis } from '../../base/index.ts';
import { controllerReference, CRON_JOBS, type CronJob, type Job } from '../../model/index.ts';
import { openZone } from './zone.ts';

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
  const offset = openZone(timeZone)(at);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 3_600_000), (Math.abs(offset) / 60_000) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  const suffix = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
  return new Date(at + offset).toISOString().slice(0, 19) + suffix;
}
