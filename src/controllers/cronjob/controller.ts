import { controllerOf, CRON_JOBS, JOBS, keyOf, type Job, type ObjectKey } from '../../model/index.ts';
import { on, type Controller } from '../loop.ts';
import { TimesSince } from './times-since.ts';
import { cronJobReconciler } from './reconcile.ts';

export const cronJobController: Controller = {
  name: 'cronjob',
  reads: [CRON_JOBS, JOBS],
  concurrency: 4,
  start: (context) => {
    const timesSince = new TimesSince();
    return {
      triggers: [
        on(CRON_JOBS, (change) => {
          timesSince.note(change, context.clock.now());
          return change.after ? [keyOf(change.after)] : [];
        }),
        on(JOBS, ({ before, after }) => new Set([...cronJobsOf(before), ...cronJobsOf(after)])),
      ],
      reconcile: cronJobReconciler(context, timesSince),
    };
  },
};

function cronJobsOf(job: Job | undefined): readonly ObjectKey[] {
  const controller = job && controllerOf(job);
  return controller?.kind === CRON_JOBS.kind ? [`${job!.metadata.namespace}/${controller.name}`] : [];
}
