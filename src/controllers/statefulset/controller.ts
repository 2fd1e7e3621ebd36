import type { Client } from '../../client/index.ts';
import {
  controllerOf,
  CONTROLLER_REVISIONS,
  keyOf,
  PERSISTENT_VOLUME_CLAIMS,
  PODS,
  STATEFUL_SETS,
  type KubeObject,
  type ObjectKey,
  type PersistentVolumeClaim,
  type Pod,
  type StatefulSet,
} from '../../model/index.ts';
import { selects } from '../claims.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { statefulSetReconciler } from './reconcile.ts';

export const statefulSetController: Controller = {
  name: 'statefulset',
  reads: [STATEFUL_SETS, CONTROLLER_REVISIONS, PODS, PERSISTENT_VOLUME_CLAIMS],
  concurrency: 8,
  start: (context) => {
    const { client } = context;
    return {
      triggers: [
        on(STATEFUL_SETS, ({ before, after }) => [keyOf((after ?? before)!)]),
        onEither(PODS, (pod) => setsOf(client, pod)),
        on(CONTROLLER_REVISIONS, ({ before, after }) => controllers(after ?? before)),
        on(PERSISTENT_VOLUME_CLAIMS, ({ before, after }) => (before && !isAsMuchThere(before, after) ? setsUsing(client, before) : [])),
      ],
      reconcile: statefulSetReconciler(context),
    };
  },
};

function controllers(object: KubeObject | undefined): readonly ObjectKey[] {
  const controller = object && controllerOf(object);
  return controller?.kind === STATEFUL_SETS.kind ? [`${object!.metadata.namespace}/${controller.name}`] : [];
}

function setsOf(client: Client, pod: Pod): readonly ObjectKey[] {
  if (controllerOf(pod)) return controllers(pod);
  const sets = client.informer(STATEFUL_SETS).list(pod.metadata.namespace);
  return sets.filter((set) => selects(set.spec.selector, pod)).map(keyOf);
}

/** A set may have to wait for a claim's end, or for the end of its former owner. */
function isAsMuchThere({ metadata: was }: PersistentVolumeClaim, after: PersistentVolumeClaim | undefined): boolean {
  const is = after?.metadata;
  return is?.uid === was.uid && is?.deletionTimestamp === was.deletionTimestamp && is?.ownerReferences === was.ownerReferences;
}

function setsUsing(client: Client, { metadata: { name, namespace } }: PersistentVolumeClaim): readonly ObjectKey[] {
  const uses = ({ metadata, spec }: StatefulSet) =>
    spec.volumeClaimTemplates?.some((template) => name.startsWith(`${template.metadata.name}-${metadata.name}-`)) ?? false;
  return client.informer(STATEFUL_SETS).list(namespace).filter(uses).map(keyOf);
}
