import { equalJson, isStatus, messageOf, type Millis } from '../../base/index.ts';
import {
  CRON_JOBS,
  formatTime,
  isControlledBy,
  JOBS,
  type CronJob,
  type Job,
  type ObjectKey,
  type ObjectReference,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import type { TimesSince } from './times-since.ts';
import { decideCronJob, hasEnded } from './decide.ts';
import { newJob } from './newjob.ts';

type Status = NonNullable<CronJob['status']>;

export function cronJobReconciler({ client, events, clock }: ControllerContext, timesSince: TimesSince): Reconcile {
  const crons = client.informer(CRON_JOBS);
  const jobs = client.informer(JOBS);
  const jobsBy = indexControlled(jobs);

  return async (key: ObjectKey): Promise<Outcome> => {
    const cron = crons.get(key);
    if (!cron) return SETTLED;
    const about = { kind: CRON_JOBS, object: cron };
    const owned = jobsBy.of(cron.metadata.uid!);
    const { events: told, remove, start, status, lookAgainIn } = decideCronJob(cron, owned, clock.now(), timesSince.of(cron));
    for (const { type, reason, message } of told) events.event(about, type, reason, message);
    for (const job of remove) await removeJob(cron, job);
    const after = start === undefined ? status : await startJob(cron, owned, status, start);
    if (after === 'stopped') return { kind: 'stalled', reason: 'NamespaceTerminating' };
    if (!equalJson(after, cron.status ?? {})) await client.updateStatus(CRON_JOBS, { ...cron, status: after }).catch(ignoreNotFound);
    return lookAgain([lookAgainIn], 'schedule');
  };

  async function startJob(cron: CronJob, owned: readonly Job[], status: Status, at: Millis): Promise<Status | 'stopped'> {
    const isReplacing = cron.spec.concurrencyPolicy === 'Replace';
    // One that a person made of its template gives way to none.
    const running = new Set((status.active ?? []).map(({ uid }) => uid));
    if (isReplacing) for (const job of owned.filter(({ metadata }) => running.has(metadata.uid))) await removeJob(cron, job);
    const about = { kind: CRON_JOBS, object: cron };
    const wanted = newJob(cron, at);
    let job: Job;
    try {
      job = await client.create(JOBS, wanted);
      events.event(about, 'Normal', 'SuccessfulCreate', `Created job ${wanted.metadata.name}`);
    } catch (error) {
      if (isNamespaceTerminating(error)) return 'stopped';
      if (!isStatus(error, 'AlreadyExists')) {
        events.event(about, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
        throw error;
      }
      job = await client.get(JOBS, wanted.metadata.name, wanted.metadata.namespace);
      // Somebody else's: this start is theirs.
      if (!isControlledBy(job, cron)) return status;
    }
    const before = isReplacing ? [] : (status.active ?? []);
    const active = hasEnded(job) ? before : [...before, referenceTo(job)];
    const { active: _, ...rest } = status;
    return { ...rest, ...(active.length > 0 ? { active } : {}), lastScheduleTime: formatTime(at) };
  }

  async function removeJob(cron: CronJob, { metadata: { name, namespace, uid } }: Job): Promise<void> {
    const about = { kind: CRON_JOBS, object: cron };
    try {
      await client.delete({ kind: JOBS, name, namespace }, { propagation: 'Background', preconditions: { uid } }).catch(ignoreNotFound);
      events.event(about, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
    } catch (error) {
      events.event(about, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      throw error;
    }
  }
}

function referenceTo({ metadata: { name, namespace, uid, resourceVersion } }: Job): ObjectReference {
  return { kind: JOBS.kind, namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
}
