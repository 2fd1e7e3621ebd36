/** Keeps claims and volumes that are in use, even when they are deleted: they go once nobody uses them any more. */
import {
  keyOf,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  type KindRef,
  type KubeObject,
  type ObjectKey,
  type Pod,
} from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import type { Client } from '../../client/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller, type Reconcile } from '../loop.ts';
import { claimsUsedBy } from '../volumes/users.ts';

const USERS = 'controllers/claims';
const CLAIM = 'kubernetes.io/pvc-protection';
const VOLUME = 'kubernetes.io/pv-protection';

export const claimProtection: Controller = {
  name: 'persistentvolumeclaim-protection',
  component: 'pvc-protection-controller',
  reads: [PERSISTENT_VOLUME_CLAIMS, PODS],
  concurrency: 2,
  start: ({ client }) => {
    const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
    const pods = client.informer(PODS);
    pods.index(USERS, claimsUsedBy);
    const holds = (pod: Pod) => pod.spec.nodeName !== undefined && !isTerminal(pod);
    const isUsed = (key: ObjectKey) => pods.by(USERS, key).some(holds);
    return {
      triggers: [
        on(PERSISTENT_VOLUME_CLAIMS, ({ after }) => (after ? [keyOf(after)] : [])),
        on(PODS, ({ before, after }) => (before && holds(before) && !(after && holds(after)) ? claimsUsedBy(before) : [])),
      ],
      reconcile: protector(client, PERSISTENT_VOLUME_CLAIMS, CLAIM, (key) => claims.get(key), isUsed),
    };
  },
};

export const volumeProtection: Controller = {
  name: 'persistentvolume-protection',
  component: 'pv-protection-controller',
  reads: [PERSISTENT_VOLUMES],
  concurrency: 2,
  start: ({ client }) => {
    const volumes = client.informer(PERSISTENT_VOLUMES);
    const isUsed = (key: ObjectKey) => volumes.get(key)?.status?.phase === 'Bound';
    return {
      triggers: [on(PERSISTENT_VOLUMES, ({ after }) => (after ? [keyOf(after)] : []))],
      reconcile: protector(client, PERSISTENT_VOLUMES, VOLUME, (key) => volumes.get(key), isUsed),
    };
  },
};

function protector<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  finalizer: string,
  find: (key: ObjectKey) => T | undefined,
  isUsed: (key: ObjectKey) => boolean,
): Reconcile {
  return async (key) => {
    const object = find(key);
    if (!object) return SETTLED;
    const { name, namespace, uid, deletionTimestamp, finalizers = [] } = object.metadata;
    const has = finalizers.includes(finalizer);
    const isDone = deletionTimestamp ? !has || isUsed(key) : has;
    if (isDone) return SETTLED;
    const change = has ? { '$deleteFromPrimitiveList/finalizers': [finalizer] } : { finalizers: [finalizer] };
    await client.patch({ kind, name, namespace }, { type: 'strategic', patch: { metadata: { uid, ...change } } }).catch(ignoreNotFound);
    return SETTLED;
  };
}
