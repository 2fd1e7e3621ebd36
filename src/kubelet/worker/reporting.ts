import { equalJson, isStatus } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { PODS, type Pod, type PodStatus } from '../../model/index.ts';
import type { PodMemory } from './memory.ts';
import type { Tell } from './telling.ts';
import { noticesOf } from './transitions.ts';

/** The pod as it was written; undefined when nothing had to be. */
export async function report(client: Client, tell: Tell, pod: Pod, status: PodStatus, memory: PodMemory): Promise<Pod | undefined> {
  if (equalJson(pod.status ?? {}, status)) return undefined;
  const notices = noticesOf(pod, status);
  // Those who decide in this turn do so first, and write one after the other: that is faster than in between.
  await undefined;
  try {
    memory.written = await client.updateStatus(PODS, { ...pod, status });
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error;
    return undefined;
  }
  for (const { type, reason, message, container } of notices) tell(pod, type, reason, message, container);
  return memory.written;
}

/** The last word: the pod goes from the API, this very one and no successor of its name. */
export async function release(client: Client, { metadata: { name, namespace, uid } }: Pod, memory: PodMemory): Promise<void> {
  try {
    await client.delete(
      { kind: PODS, name, ...(namespace ? { namespace } : {}) },
      { gracePeriodSeconds: 0, preconditions: uid ? { uid } : {} },
    );
  } catch (error) {
    if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
  }
  memory.deleted = true;
}
