import { JOBS, keyOf, PODS } from '../../model/index.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { jobsOf } from './owner.ts';
import { jobReconciler } from './reconcile.ts';

export const jobController: Controller = {
  name: 'job',
  reads: [JOBS, PODS],
  concurrency: 8,
  start: (context) => ({
    triggers: [on(JOBS, ({ before, after }) => [keyOf((after ?? before)!)]), onEither(PODS, jobsOf)],
    reconcile: jobReconciler(context),
  }),
};
