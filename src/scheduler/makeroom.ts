import { isStatus, type Clock } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatTime, PODS } from '../model/index.ts';
import type { EventRecorder } from '../status/index.ts';
import type { PodView } from './podview.ts';
import { PREEMPTED, type Preemption } from './preempt.ts';

/** Ends the victims of a preemption, and says to each why. */
export async function evict(
  { victims, node }: Preemption,
  pod: PodView,
  client: Client,
  clock: Clock,
  recorder?: EventRecorder,
): Promise<void> {
  await Promise.all(victims.map((victim) => end(victim)));

  async function end({ pod: victim, isTerminating }: PodView): Promise<void> {
    if (isTerminating) return;
    const { namespace, name, uid } = victim.metadata;
    const target = { kind: PODS, namespace, name };
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: PREEMPTED,
      message: `${pod.pod.spec.schedulerName ?? 'default-scheduler'}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: formatTime(clock.now()),
    };
    try {
      const patch = { metadata: { uid }, status: { conditions: [condition] } };
      await client.patch({ ...target, subresource: 'status' }, { type: 'strategic', patch });
      await client.delete(target, { preconditions: { uid } });
    } catch (error) {
      // It has gone by itself, and another may have its name.
      if (isStatus(error, 'NotFound', 'Conflict', 'Invalid')) return;
      throw error;
    }
    const message = `Preempted by pod ${pod.uid} on node ${node.name}`;
    const related = { kind: PODS, object: pod.pod };
    recorder?.event({ kind: PODS, object: victim }, 'Normal', 'Preempted', message, { action: 'Preempting', related });
  }
}
