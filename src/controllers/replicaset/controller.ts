import { controllerOf, keyOf, PODS, type ObjectKey, type Pod } from '../../model/index.ts';
import type { Client } from '../../client/index.ts';
import { selects } from '../claims.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { CONTROLLERS, SETS, type ReplicatedKind } from './kinds.ts';
import { replicaSetReconciler } from './reconcile.ts';

export const replicaSetController = controllerFor('replicaset', SETS);
export const replicationController: Controller = {
  ...controllerFor('replicationcontroller', CONTROLLERS),
  component: 'replication-controller',
};

function controllerFor(name: string, kind: ReplicatedKind): Controller {
  return {
    name,
    reads: [kind.ref, PODS],
    concurrency: 16,
    start: (context) => ({
      triggers: [
        on(kind.ref, ({ before, after }) => [keyOf((after ?? before)!)]),
        onEither(PODS, (pod) => setsOf(context.client, kind, pod)),
      ],
      reconcile: replicaSetReconciler(context, kind),
    }),
  };
}

/** The set that controls the pod, or those that might adopt it. */
function setsOf(client: Client, kind: ReplicatedKind, pod: Pod): readonly ObjectKey[] {
  const controller = controllerOf(pod);
  if (controller) return controller.kind === kind.ref.kind ? [`${pod.metadata.namespace}/${controller.name}`] : [];
  return client
    .informer(kind.ref)
    .list(pod.metadata.namespace)
    .filter((object) => selects(kind.asSet(object).spec.selector, pod))
    .map(keyOf);
}
