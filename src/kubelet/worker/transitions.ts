import type { ContainerStatus, Pod, PodStatus } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';
import { RESIZE_PENDING } from './podconditions.ts';

export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What people are told when a pod's status changes from what it was. */
export function noticesOf(pod: Pod, next: PodStatus): Notice[] {
  const before = statusesOf(pod.status);
  const notices = statusesOf(next).flatMap((status) =>
    containerNotices(
      pod,
      before.find(({ name }) => name === status.name),
      status,
    ),
  );
  const ready = conditionOf(next.conditions, 'Ready');
  if (ready?.reason === 'ListensOnAllAddresses' && conditionOf(pod.status?.conditions, 'Ready')?.reason !== ready.reason) {
    notices.push({ type: 'Warning', reason: 'Unhealthy', message: ready.message ?? '' });
  }
  const resize = conditionOf(next.conditions, RESIZE_PENDING);
  if (resize && conditionOf(pod.status?.conditions, RESIZE_PENDING)?.message !== resize.message) {
    notices.push({ type: 'Warning', reason: `Resize${resize.reason}`, message: resize.message ?? '' });
  }
  if (next.reason && next.reason !== pod.status?.reason)
    notices.push({ type: next.reason === 'Evicted' ? 'Warning' : 'Normal', reason: next.reason, message: next.message ?? '' });
  return notices;
}

function containerNotices(
  { metadata }: Pod,
  before: ContainerStatus | undefined,
  { name, state, restartCount }: ContainerStatus,
): Notice[] {
  const waiting = state?.waiting;
  const known = before?.state?.waiting;
  if (waiting?.reason === 'CrashLoopBackOff') {
    if (known?.reason === waiting.reason && before?.restartCount === restartCount) return [];
    return [
      {
        type: 'Warning',
        reason: 'BackOff',
        message: `Back-off restarting failed container ${name} in pod ${metadata.name}_${metadata.namespace}(${metadata.uid})`,
      },
    ];
  }
  // Of volumes that are missing the worker tells itself, once for the pod.
  if (
    waiting?.message &&
    waiting.reason !== 'ContainerCreating' &&
    !IMAGE_REASONS.has(waiting.reason ?? '') &&
    (known?.reason !== waiting.reason || known?.message !== waiting.message)
  ) {
    return [{ type: 'Warning', reason: 'Failed', message: `Error: ${waiting.message}` }];
  }
  return [];
}

/** Of these tells who fetches images. */
const IMAGE_REASONS: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull']);

function statusesOf(status: PodStatus | undefined): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
}
