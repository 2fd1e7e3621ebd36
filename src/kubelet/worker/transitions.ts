import type { ContainerStatus, Pod, PodStatus } from '../../model/index.ts';
import { equalJson } from '../../base/index.ts';
import { conditionOf, RESIZE_IN_PROGRESS, RESIZE_PENDING } from '../../status/index.ts';
import { isAsMade } from './resize.ts';

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
  if (!isAsMade(pod)) notices.push(...resizeNotices(pod, next));
  if (next.reason && next.reason !== pod.status?.reason)
    notices.push({ type: next.reason === 'DeadlineExceeded' ? 'Normal' : 'Warning', reason: next.reason, message: next.message ?? '' });
  return notices;
}

function resizeNotices({ metadata, spec, status = {} }: Pod, next: PodStatus): Notice[] {
  if (metadata.deletionTimestamp || isOver(next)) return [];
  const [pending, under] = [RESIZE_PENDING, RESIZE_IN_PROGRESS].map((type) => conditionOf(next.conditions, type));
  const [wasPending, wasUnder] = [RESIZE_PENDING, RESIZE_IN_PROGRESS].map((type) => conditionOf(status.conditions, type));
  const moved = wasUnder !== undefined || changedSizes(status, next);
  const summary = JSON.stringify({
    containers: spec.containers.map(({ name, resources = {} }) => ({ name, resources })),
    generation: metadata.generation,
  });
  const notices: Notice[] = [];
  const tell = (type: Notice['type'], reason: string, message: string) => notices.push({ type, reason, message: `Pod resize ${message}` });
  if (!wasUnder && (under || moved)) tell('Normal', 'ResizeStarted', `started: ${summary}`);
  if (moved && !under && !pending && haveWhatTheyAskFor(spec, next)) tell('Normal', 'ResizeCompleted', `completed: ${summary}`);
  if (under?.reason === 'Error' && wasUnder?.message !== under.message) tell('Warning', 'ResizeError', `error: ${under.message}`);
  if (pending && wasPending?.message !== pending.message)
    tell('Warning', `Resize${pending.reason}`, `${pending.reason}: ${pending.message}`);
  return notices;
}

function isOver({ phase }: PodStatus): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** A container has other resources than it had, and is the same. */
function changedSizes(status: PodStatus, next: PodStatus): boolean {
  const before = statusesOf(status);
  return statusesOf(next).some(({ name, containerID, resources }) => {
    const old = before.find((each) => each.name === name);
    return old?.resources !== undefined && old.containerID === containerID && !equalJson(old.resources, resources);
  });
}

function haveWhatTheyAskFor(spec: Pod['spec'], { containerStatuses = [] }: PodStatus): boolean {
  return spec.containers.every(({ name, resources = {} }) =>
    equalJson(containerStatuses.find((each) => each.name === name)?.resources, resources),
  );
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
