import { controllerOf, CRON_JOBS, JOBS, keyOf, type Job, type ObjectKey } from '../../model/index.ts';
import { on, type Controller } from '../loop.ts';
import { cronJobReconciler } from './reconcile.ts';

export const cronJobController: Controller = {
  name: 'cronjob',
  reads: [CRON_JOBS, JOBS],
  concurrency: 4,
  start: (context) => ({
    triggers: [
      on(CRON_JOBS, ({ after }) => (after ? [keyOf(after)] : [])),
      on(JOBS, ({ before, after }) => new Set([...cronJobsOf(before), ...cronJobsOf(after)])),
    ],
    reconcile: cronJobReconciler(context),
  }),
};

function cronJobsOf(job: Job | undefined): readonly ObjectKey[] {
  const controller = job && controllerOf(job);
  return controller?.kind === CRON_JOBS.kind ? [`${job!.metadata.namespace}/${controller.name}`] : [];
}
