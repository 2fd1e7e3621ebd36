import { keyOf, LEASES, NODES, PODS } from '../../model/index.ts';
import { on, type Controller } from '../loop.ts';
import { LEASE_NAMESPACE, nodeLifecycleReconciler } from './reconcile.ts';

export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle',
  component: 'node-controller',
  reads: [NODES, LEASES, PODS],
  concurrency: 4,
  start: (context) => ({
    triggers: [
      on(NODES, ({ before, after }) => [keyOf((after ?? before)!)]),
      on(LEASES, ({ after }) => (after?.metadata.namespace === LEASE_NAMESPACE ? [after.metadata.name] : [])),
    ],
    reconcile: nodeLifecycleReconciler(context),
  }),
};
