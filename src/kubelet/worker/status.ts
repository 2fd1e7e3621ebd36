import {
  formatTime,
  withoutNomination,
  type ContainerState,
  type ContainerStatus,
  type Pod,
  type PodPhase,
  type PodStatus,
  type ResourceRequirements,
  type VolumeMount,
  type VolumeMountStatus,
} from '../../model/index.ts';
import { isAsMade, isTerminal } from '../../status/index.ts';
import { formatDelay } from '../delay.ts';
import { RESET, type RuntimeContainer } from '../runtime.ts';
import { isRejected } from './admission.ts';
import { restartAt } from './backoff.ts';
import { podConditions } from './podconditions.ts';
import {
  asksForAll,
  hasBegun,
  hasExited,
  isContainerReady,
  isRunning,
  isStarted,
  restarts,
  startErrorUntil,
  wasReset,
  type Observed,
} from './observe.ts';
import { isRecursive } from '../volumes/mounts.ts';
import { refusal } from './refusal.ts';
import type { Grant } from './resize.ts';
import { readySandbox, type Doom, type PodView, type Seen } from './view.ts';

type Terminated = NonNullable<ContainerState['terminated']>;

/** The status to report. What other parts have written into it stays. */
export function podStatus(
  view: PodView,
  seen: Observed,
  { over, doom, grant }: { readonly over: boolean; readonly doom?: Doom | undefined; readonly grant?: Grant | undefined },
): PodStatus {
  const { pod, hostIP, now } = view;
  if (isRejected(pod)) return pod.status!;
  const observed = pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation };
  if (over && doom?.isRejection) {
    return { ...withoutNomination(pod.status), ...observed, phase: 'Failed', reason: doom.reason, message: doom.message };
  }
  const phase = over && doom && !isTerminal(pod) ? 'Failed' : phaseOf(view, seen, over);
  const initialized = isInitialized(view, seen);
  const ip = readySandbox(view)?.ip ?? pod.status?.podIP;
  const report = (each: Seen) => containerStatus(view, each, initialized, over);
  return {
    ...withoutNomination(pod.status),
    ...observed,
    phase,
    ...(over && doom ? { reason: doom.reason, message: doom.message } : {}),
    conditions: podConditions(view, seen, { phase, initialized, refusal: grant?.refusal }),
    ...(hostIP ? { hostIP, hostIPs: [{ ip: hostIP }] } : {}),
    ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
    ...(grant?.spec.resources ? sizes(grant.spec.resources, grant.spec.resources) : {}),
    startTime: pod.status?.startTime ?? formatTime(now),
    ...(seen.inits.length > 0 ? { initContainerStatuses: seen.inits.map(report) } : {}),
    ...(seen.ephemerals.length > 0 ? { ephemeralContainerStatuses: seen.ephemerals.map(report) } : {}),
    containerStatuses: inOrder(seen.mains).map(report),
  };
}

function inOrder(containers: readonly Seen[]): readonly Seen[] {
  return containers.length > 1 ? containers.toSorted((a, b) => (a.spec.name < b.spec.name ? -1 : 1)) : containers;
}

function isInitialized(view: PodView, { inits, mains }: Observed): boolean {
  if (mains.some(hasBegun)) return true;
  return inits.every((init) => (init.role === 'sidecar' ? isStarted(init, view) : isContainerReady(init, view)));
}

function phaseOf(view: PodView, { mains }: Observed, over: boolean): PodPhase {
  const begun = (main: Seen) => main.current && (main.hook !== 'running' || main.previous);
  if (isTerminal(view.pod)) return view.pod.status!.phase!;
  if (over) {
    const allSucceeded = mains.every(({ current }) => current?.state.kind === 'exited' && current.state.exitCode === 0);
    return allSucceeded ? 'Succeeded' : 'Failed';
  }
  if (!mains.every(begun)) return 'Pending';
  return mains.some((main) => isRunning(main) || hasExited(main)) ? 'Running' : 'Pending';
}

function containerStatus(view: PodView, seen: Seen, initialized: boolean, over: boolean): ContainerStatus {
  const { spec, current, previous, prior, role } = seen;
  const state = stateOf(view, seen, initialized, over);
  const last = state.terminated ? previous : current?.state.kind === 'exited' ? current : previous;
  const lastState = last ? { terminated: lastEnd(view, seen, last) } : (prior?.lastState ?? {});
  return {
    name: spec.name,
    image: (current?.image?.name || current?.asked || spec.image) ?? '',
    imageID: current?.image?.id ?? '',
    ...(current ? { containerID: `${view.runtimeName}://${current.id}` } : {}),
    ready: isContainerReady(seen, view),
    ...(role === 'ephemeral' ? {} : { started: role !== 'init' && isStarted(seen, view) }),
    restartCount: current ? current.attempt + (seen.replaced && wasReset(view, seen, current) ? 1 : 0) : (prior?.restartCount ?? 0),
    state,
    lastState,
    ...(current || !isAsMade(view.pod) ? sizesOf(seen) : {}),
    ...(spec.volumeMounts?.length ? { volumeMounts: spec.volumeMounts.map((mount) => mountStatus(mount, view)) } : {}),
  };
}

function mountStatus(mount: VolumeMount, { features }: PodView): VolumeMountStatus {
  const { name, mountPath, readOnly } = mount;
  if (!readOnly) return { name, mountPath };
  return { name, mountPath, readOnly, recursiveReadOnly: isRecursive(mount, features) ? 'Enabled' : 'Disabled' };
}

type Sizes = Pick<ContainerStatus, 'resources' | 'allocatedResources'>;

/** What does not run has what it will be started with. */
function sizesOf(seen: Seen): Sizes {
  if (seen.role === 'ephemeral') return {};
  return sizes(isRunning(seen) ? seen.held : seen.granted, seen.granted);
}

function sizes(resources: ResourceRequirements, { requests }: ResourceRequirements): Sizes {
  return requests ? { resources, allocatedResources: requests } : { resources };
}

function stateOf(view: PodView, seen: Seen, initialized: boolean, over: boolean): ContainerState {
  const { current, role } = seen;
  const failure = seen.failure ?? (view.memory.volumes && 'retryAt' in view.memory.volumes ? view.memory.volumes : undefined);
  if (current?.state.kind === 'running' && seen.hook !== 'running') return { running: { startedAt: formatTime(current.state.startedAt) } };
  const ended = current && terminated(view, current);
  const stays = over || view.pod.metadata.deletionTimestamp || asksForAll(seen) || !restarts(seen, view);
  if (ended && stays) return { terminated: ended };
  if (failure) return { waiting: { reason: failure.reason, message: failure.message } };
  if (ended && seen.replaced && wasReset(view, seen, current)) return { waiting: { reason: RESET.reason, message: RESET.message } };
  if (ended) return notStarted(view, seen) ?? backingOff(view, seen) ?? { terminated: ended };
  const refused = refusal(view);
  if (refused) return { waiting: refused };
  const waitsForInit = role === 'main' ? view.pod.spec.initContainers?.length && !initialized : role !== 'ephemeral';
  return { waiting: { reason: waitsForInit ? 'PodInitializing' : 'ContainerCreating' } };
}

/** Of one that was ended with all of its pod nothing is kept but that. */
function lastEnd(view: PodView, seen: Seen, last: RuntimeContainer): Terminated {
  return wasReset(view, seen, last) ? { ...RESET, startedAt: null, finishedAt: null } : terminated(view, last)!;
}

function notStarted({ now }: PodView, { current }: Seen): ContainerState | undefined {
  if (current?.state.kind !== 'exited' || (startErrorUntil(current.state) ?? 0) <= now) return undefined;
  return { waiting: { reason: 'RunContainerError', message: current.state.message ?? '' } };
}

function backingOff(view: PodView, { spec, current, backoff }: Seen): ContainerState | undefined {
  if (current?.state.kind !== 'exited' || !backoff || restartAt(backoff, current.state.finishedAt) <= view.now) return undefined;
  const { name, namespace, uid } = view.pod.metadata;
  const message = `back-off ${formatDelay(backoff.delayMs)} restarting failed container=${spec.name} pod=${name}_${namespace}(${uid})`;
  return { waiting: { reason: 'CrashLoopBackOff', message } };
}

/** What all messages of a pod may come to, of which each container has its share. */
const LONGEST_MESSAGES_BYTES = 12 * 1024;

function shortened(message: string, { spec: { containers, initContainers = [], ephemeralContainers = [] } }: Pod): string {
  const most = Math.floor(LONGEST_MESSAGES_BYTES / (containers.length + initContainers.length + ephemeralContainers.length));
  // Most are shorter in any writing.
  return message.length * 3 <= most ? message : Buffer.from(message).subarray(0, most).toString();
}

function terminated({ pod, runtimeName }: PodView, { id, state }: NonNullable<Seen['current']>): Terminated | undefined {
  if (state.kind !== 'exited') return undefined;
  return {
    exitCode: state.exitCode,
    reason: state.reason ?? (state.exitCode === 0 ? 'Completed' : 'Error'),
    ...(state.message ? { message: shortened(state.message, pod) } : {}),
    startedAt: formatTime(state.startedAt),
    finishedAt: formatTime(state.finishedAt),
    containerID: `${runtimeName}://${id}`,
  };
}
