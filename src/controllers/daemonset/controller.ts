import { equalJson } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  controllerOf,
  CONTROLLER_REVISIONS,
  DAEMON_SETS,
  keyOf,
  NODES,
  PODS,
  type KubeObject,
  type Node,
  type ObjectKey,
  type Pod,
} from '../../model/index.ts';
import { selects } from '../claims.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { daemonSetReconciler } from './reconcile.ts';

export const daemonSetController: Controller = {
  name: 'daemonset',
  reads: [DAEMON_SETS, CONTROLLER_REVISIONS, PODS, NODES],
  concurrency: 4,
  start: (context) => {
    const { client } = context;
    return {
      triggers: [
        on(DAEMON_SETS, ({ before, after }) => [keyOf((after ?? before)!)]),
        onEither(PODS, (pod) => setsOf(client, pod)),
        on(CONTROLLER_REVISIONS, ({ before, after }) => controllers(after ?? before)),
        on(NODES, ({ before, after }) => (isSamePlace(before, after) ? [] : client.informer(DAEMON_SETS).list().map(keyOf))),
      ],
      reconcile: daemonSetReconciler(context),
    };
  },
};

/** What a node is for a set does not change with its conditions or its images. */
function isSamePlace(before: Node | undefined, after: Node | undefined): boolean {
  if (!before || !after) return false;
  return equalJson(before.metadata.labels, after.metadata.labels) && equalJson(before.spec?.taints, after.spec?.taints);
}

function controllers(object: KubeObject | undefined): readonly ObjectKey[] {
  const controller = object && controllerOf(object);
  return controller?.kind === DAEMON_SETS.kind ? [`${object!.metadata.namespace}/${controller.name}`] : [];
}

function setsOf(client: Client, pod: Pod): readonly ObjectKey[] {
  if (controllerOf(pod)) return controllers(pod);
  const sets = client.informer(DAEMON_SETS).list(pod.metadata.namespace);
  return sets.filter((set) => selects(set.spec.selector, pod)).map(keyOf);
}
