import type { Client } from '../../client/index.ts';
import {
  controllerOf,
  DEPLOYMENTS,
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  STATEFUL_SETS,
  type KindRef,
  type KubeObject,
  type OwnerReference,
  type Pod,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';

type Replicated = KubeObject & { readonly spec: { readonly replicas?: number } };
type Counted = KubeObject & { readonly spec: { readonly replicas: number } };

/** The kinds whose wishes count. */
export const SCALED: readonly KindRef<Replicated>[] = [DEPLOYMENTS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS];

export interface Scale {
  readonly wanted: number;
  /** Pods without a controller, which nobody wants. */
  readonly unmanaged: readonly Pod[];
}

/** How many pods the controllers of these pods want, a ReplicaSet's Deployment instead of the set. Throws where one cannot say. */
export async function scaleOf(client: Client, pods: readonly Pod[]): Promise<Scale> {
  const byController = new Map<string, number>();
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (!controller || byController.has(controller.uid)) continue;
    const { namespace, name } = pod.metadata;
    const found = await find(client, namespace!, controller);
    const above = found && controllerOf(found);
    const top = (above?.kind === DEPLOYMENTS.kind ? await find(client, namespace!, above) : undefined) ?? found;
    if (!top) throw new Error(`${controller.kind} ${controller.name} of pod ${name} does not say how many pods it wants`);
    byController.set(controller.uid, top.spec.replicas);
    wanted.set(top.metadata.uid!, top.spec.replicas);
  }
  return { wanted: [...wanted.values()].reduce((sum, count) => sum + count, 0), unmanaged: pods.filter((pod) => !controllerOf(pod)) };
}

/** Undefined for what is gone, or has no number of pods. */
async function find(client: Client, namespace: string, owner: OwnerReference): Promise<Counted | undefined> {
  const known = SCALED.find(({ kind, group }) => kind === owner.kind && group === groupOf(owner));
  const object = known ? client.informer(known).get(`${namespace}/${owner.name}`) : await read(client, namespace, owner);
  return object?.metadata.uid === owner.uid && typeof object.spec?.replicas === 'number' ? (object as Counted) : undefined;
}

/** One of somebody else's kind is not followed. */
async function read(client: Client, namespace: string, { apiVersion, kind, name }: OwnerReference): Promise<Partial<Replicated> & KubeObject | undefined> {
  const ref = await client.kindOf(apiVersion, kind);
  return ref && ((await client.get(ref, name, namespace).catch(ignoreNotFound)) as unknown as KubeObject | undefined);
} // prettier-ignore

const groupOf = ({ apiVersion }: OwnerReference): string => (apiVersion.includes('/') ? apiVersion.split('/')[0]! : '');
