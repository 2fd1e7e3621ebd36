import { controllerOf, keyOf, PODS, REPLICA_SETS, type ObjectKey, type Pod, type ReplicaSet } from '../../model/index.ts';
import type { Informer } from '../../client/index.ts';
import { selects } from '../claims.ts';
import { on, type Controller } from '../loop.ts';
import { replicaSetReconciler } from './reconcile.ts';

export const replicaSetController: Controller = {
  name: 'replicaset',
  reads: [REPLICA_SETS, PODS],
  concurrency: 16,
  start: (context) => {
    const sets = context.client.informer(REPLICA_SETS);
    return {
      triggers: [
        on(REPLICA_SETS, ({ before, after }) => [keyOf((after ?? before)!)]),
        on(PODS, ({ before, after }) => new Set([...setsOf(sets, before), ...setsOf(sets, after)])),
      ],
      reconcile: replicaSetReconciler(context),
    };
  },
};

/** The set that controls the pod, or those that might adopt it. */
function setsOf(sets: Informer<ReplicaSet>, pod: Pod | undefined): readonly ObjectKey[] {
  if (!pod) return [];
  const controller = controllerOf(pod);
  if (controller) return controller.kind === REPLICA_SETS.kind ? [`${pod.metadata.namespace}/${controller.name}`] : [];
  return sets
    .list(pod.metadata.namespace)
    .filter((set) => selects(set.spec.selector, pod))
    .map(keyOf);
}
