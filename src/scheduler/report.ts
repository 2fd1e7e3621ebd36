import type { Clock } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatTime, PODS, type Binding, type Manifest, type Pod } from '../model/index.ts';
import { conditionOf } from '../status/index.ts';

/** Writes what a cycle decided. */
export async function bind(client: Client, pod: Pod, node: string): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const binding: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace, name, uid },
    target: { apiVersion: 'v1', kind: 'Node', name: node },
  };
  await client.post({ kind: PODS, namespace, name, subresource: 'binding' }, binding as unknown as Manifest);
}

/** Says where room is kept for the pod; without a node, that none is. */
export async function writeNomination(client: Client, { metadata: { namespace, name, uid } }: Pod, node?: string): Promise<void> {
  const patch = { metadata: { uid }, status: { nominatedNodeName: node ?? null } };
  await client.patch({ kind: PODS, namespace, name, subresource: 'status' }, { type: 'strategic', patch });
}

export type NotScheduled = 'Unschedulable' | 'SchedulerError';

/** Sets PodScheduled to False, and the node where room is made, where it does not say this already. */
export async function writeNotScheduled(
  client: Client,
  clock: Clock,
  pod: Pod,
  { reason, message, nominated }: { readonly reason: NotScheduled; readonly message: string; readonly nominated: string | undefined },
): Promise<void> {
  const old = conditionOf(pod.status?.conditions, 'PodScheduled');
  const isSaid = old?.status === 'False' && old.reason === reason && old.message === message;
  if (isSaid && (pod.status?.nominatedNodeName ?? undefined) === nominated) return;
  const since = old?.status === 'False' ? old.lastTransitionTime : undefined;
  const { namespace, name, uid, generation } = pod.metadata;
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason,
    message,
    lastTransitionTime: since ?? formatTime(clock.now()),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  const patch = { metadata: { uid }, status: { conditions: [condition], nominatedNodeName: nominated ?? null } };
  await client.patch({ kind: PODS, namespace, name, subresource: 'status' }, { type: 'strategic', patch });
}
