import type { Container, ContainerStatus, Pod, PodStatus } from '../../model/index.ts';
import { conditionOf, isAsMade, RESIZE_IN_PROGRESS, RESIZE_PENDING } from '../../status/index.ts';
import { RESET } from '../runtime.ts';
import { isRejected, whyRejected } from './admission.ts';

export interface Notice {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** The container that it is about. */
  readonly container?: string;
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
  if (!isAsMade(pod)) notices.push(...resizeNotices(pod, next));
  if (next.reason && next.reason !== pod.status?.reason) {
    const message = isRejected({ ...pod, status: next }) ? whyRejected(next) : (next.message ?? '');
    notices.push({ type: next.reason === 'DeadlineExceeded' ? 'Normal' : 'Warning', reason: next.reason, message });
  }
  return notices;
}

function resizeNotices({ status = {} }: Pod, next: PodStatus): Notice[] {
  const changed = (type: string) => {
    const now = conditionOf(next.conditions, type);
    return conditionOf(status.conditions, type)?.message === now?.message ? undefined : now;
  };
  const [pending, under] = [changed(RESIZE_PENDING), changed(RESIZE_IN_PROGRESS)];
  return [
    ...(pending ? [resizeNotice('Warning', `Resize${pending.reason}`, `${pending.reason}: ${pending.message}`)] : []),
    ...(under?.reason === 'Error' ? [resizeNotice('Warning', 'ResizeError', `error: ${under.message}`)] : []),
  ];
}

function resizeNotice(type: Notice['type'], reason: string, message: string): Notice {
  return { type, reason, message: `Pod resize ${message}` };
}

/** That the node has agreed to another size, or that all that run have it. */
export function grantNotice({ spec, metadata }: Pod, reason: 'ResizeStarted' | 'ResizeCompleted'): Notice {
  const sizes = (list: readonly Container[]) => list.map(({ name, resources = {} }) => ({ name, resources }));
  const sidecars = spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  const summary = {
    ...(spec.resources ? { resources: spec.resources } : {}),
    ...(sidecars.length > 0 ? { initContainers: sizes(sidecars) } : {}),
    containers: sizes(spec.containers),
    generation: metadata.generation,
  };
  return resizeNotice('Normal', reason, `${reason === 'ResizeStarted' ? 'started' : 'completed'}: ${JSON.stringify(summary)}`);
}

function containerNotices(
  { metadata }: Pod,
  before: ContainerStatus | undefined,
  { name, state, lastState, restartCount }: ContainerStatus,
): Notice[] {
  const waiting = state?.waiting;
  const known = before?.state?.waiting;
  if (waiting?.reason === 'CrashLoopBackOff') {
    if (known?.reason === waiting.reason && before?.restartCount === restartCount) return [];
    return [
      {
        type: 'Warning',
        container: name,
        reason: 'BackOff',
        message: `Back-off restarting failed container ${name} in pod ${metadata.name}_${metadata.namespace}(${metadata.uid})`,
      },
    ];
  }
  // Of a program that could not be started who tried it has told.
  if (waiting?.reason === 'RunContainerError' && lastState?.terminated?.reason === 'StartError') return [];
  if (
    waiting?.message &&
    !TOLD_OTHERWISE.has(waiting.reason ?? '') &&
    (known?.reason !== waiting.reason || known?.message !== waiting.message)
  ) {
    return [{ type: 'Warning', container: name, reason: 'Failed', message: `Error: ${waiting.message}` }];
  }
  return [];
}

/** Of volumes that are missing the worker tells itself, once for the pod; of images who fetches them; of an end who ends it. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set([
  'ContainerCreating',
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  RESET.reason,
]);

function statusesOf(status: PodStatus | undefined): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? []), ...(status?.ephemeralContainerStatuses ?? [])];
}
