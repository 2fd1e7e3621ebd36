import { equalJson } from '../../base/index.ts';
import { HORIZONTAL_POD_AUTOSCALERS, keyOf, PODS } from '../../model/index.ts';
import { on, type Controller } from '../loop.ts';
import { autoscalerReconciler } from './reconcile.ts';

export const autoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler',
  component: 'horizontal-pod-autoscaler',
  reads: [HORIZONTAL_POD_AUTOSCALERS, PODS],
  concurrency: 4,
  start: (context) => ({
    triggers: [
      on(HORIZONTAL_POD_AUTOSCALERS, ({ before, after }) => (after && !equalJson(before?.spec, after.spec) ? [keyOf(after)] : [])),
    ],
    reconcile: autoscalerReconciler(context),
  }),
};
