import type { Informer } from '../../client/index.ts';
import {
  controllerOf,
  DEPLOYMENTS,
  keyOf,
  PODS,
  REPLICA_SETS,
  type Deployment,
  type ObjectKey,
  type Pod,
  type ReplicaSet,
} from '../../model/index.ts';
import { selects } from '../claims.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { isRolling } from './bounds.ts';
import { deploymentReconciler } from './reconcile.ts';

export const deploymentController: Controller = {
  name: 'deployment',
  reads: [DEPLOYMENTS, REPLICA_SETS, PODS],
  concurrency: 8,
  start: (context) => {
    const deployments = context.client.informer(DEPLOYMENTS);
    const sets = context.client.informer(REPLICA_SETS);
    return {
      triggers: [
        on(DEPLOYMENTS, ({ before, after }) => [keyOf((after ?? before)!)]),
        onEither(REPLICA_SETS, (set) => deploymentsOf(deployments, set)),
        on(PODS, ({ before, after }) =>
          before && before.metadata.uid !== after?.metadata.uid ? waitingFor(deployments, sets, before) : [],
        ),
      ],
      reconcile: deploymentReconciler(context),
    };
  },
};

/** The Deployment that controls the set, or those that might adopt it. */
function deploymentsOf(deployments: Informer<Deployment>, set: ReplicaSet): readonly ObjectKey[] {
  const controller = controllerOf(set);
  if (controller) return controller.kind === DEPLOYMENTS.kind ? [`${set.metadata.namespace}/${controller.name}`] : [];
  return deployments
    .list(set.metadata.namespace)
    .filter((deployment) => selects(deployment.spec.selector, set))
    .map(keyOf);
}

/** A Deployment that is recreated waits for the very end of its old pods. */
function waitingFor(deployments: Informer<Deployment>, sets: Informer<ReplicaSet>, pod: Pod): readonly ObjectKey[] {
  const controller = controllerOf(pod);
  const set = controller?.kind === REPLICA_SETS.kind ? sets.get(`${pod.metadata.namespace}/${controller.name}`) : undefined;
  if (!set) return [];
  return deploymentsOf(deployments, set).filter((key) => {
    const deployment = deployments.get(key);
    return deployment !== undefined && !isRolling(deployment);
  });
}
