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

type Replicated = KubeObject & { readonly spec: { readonly replicas?: number } };

/** The kinds whose wishes count. */
export const SCALED: readonly KindRef<Replicated>[] = [DEPLOYMENTS, REPLICA_SETS, REPLICATION_CONTROLLERS, STATEFUL_SETS];

/** How many pods the controllers of these pods want, a ReplicaSet's Deployment instead of the set. Throws where one cannot say. */
export function scaleOf(client: Client, pods: readonly Pod[]): number {
  const wanted = new Map<string, number>();
  for (const pod of pods) {
    const controller = controllerOf(pod);
    if (!controller) continue;
    const found = find(client, pod.metadata.namespace!, controller);
    if (!found) throw new Error(`${controller.kind} ${controller.name} of pod ${pod.metadata.name} does not say how many pods it wants`);
    const above = controllerOf(found);
    const top = (above && find(client, pod.metadata.namespace!, above)) ?? found;
    wanted.set(top.metadata.uid!, top.spec.replicas ?? 1);
  }
  return [...wanted.values()].reduce((sum, count) => sum + count, 0);
}

function find(client: Client, namespace: string, { kind, name, uid }: OwnerReference): Replicated | undefined {
  const ref = SCALED.find((each) => each.kind === kind);
  const object = ref && client.informer(ref).get(`${namespace}/${name}`);
  return object?.metadata.uid === uid ? object : undefined;
}
