import { isStatus } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  controllerOf,
  DEPLOYMENTS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  resourceName,
  STATEFUL_SETS,
  type KindRef,
  type KubeObject,
  type OwnerReference,
  type Pod,
} from '../../model/index.ts';
import { readScale } from '../scale.ts';

type Replicated = KubeObject & { readonly spec: { readonly replicas?: number } };

/** The kinds whose wishes count as they change. */
export const SCALED: readonly KindRef<Replicated>[] = [DEPLOYMENTS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS];

export interface Wanted {
  readonly wanted: number;
  /** Pods without a controller, which nobody wants. */
  readonly unmanaged: readonly Pod[];
}

interface Wish {
  readonly uid: string;
  readonly replicas: number;
}

/** How many pods the controllers of these pods want, a ReplicaSet's Deployment instead of the set. Throws where one cannot say. */
export async function scaleOf(client: Client, pods: readonly Pod[]): Promise<Wanted> {
  const asked = new Set<string>();
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (!controller || asked.has(controller.uid)) continue;
    const { namespace, name } = pod.metadata;
    const wish = await wishOf(client, namespace!, controller);
    if (!wish) throw new Error(`found no controllers for pod ${JSON.stringify(name)}`);
    asked.add(controller.uid);
    wanted.set(wish.uid, wish.replicas);
  }
  return { wanted: [...wanted.values()].reduce((sum, count) => sum + count, 0), unmanaged: pods.filter((pod) => !controllerOf(pod)) };
}

/** Undefined for what is gone. */
async function wishOf(client: Client, namespace: string, owner: OwnerReference): Promise<Wish | undefined> {
  const known = SCALED.find(({ kind, group }) => kind === owner.kind && group === groupOf(owner));
  if (!known) return readWish(client, namespace, owner);
  const object = client.informer(known).get(`${namespace}/${owner.name}`);
  if (object?.metadata.uid !== owner.uid) return undefined;
  const above = controllerOf(object);
  const deployment = above?.kind === DEPLOYMENTS.kind ? await wishOf(client, namespace, above) : undefined;
  return deployment ?? { uid: owner.uid, replicas: object.spec.replicas ?? 1 };
}

async function readWish(client: Client, namespace: string, { apiVersion, kind, name, uid }: OwnerReference): Promise<Wish | undefined> {
  const ref = await client.kindOf(apiVersion, kind);
  if (!ref) throw new Error(`no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`);
  const scale = await readScale(client, ref, name, namespace).catch((error: unknown) => {
    throw isStatus(error, 'NotFound') ? new Error(`${resourceName(ref)} does not implement the scale subresource`) : error;
  });
  return scale?.metadata.uid === uid ? { uid, replicas: scale.spec.replicas ?? 0 } : undefined;
}

const groupOf = ({ apiVersion }: OwnerReference): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');
