import type { Millis } from '../../base/index.ts';
import {
  parseTime,
  type Container,
  type ContainerState,
  type ContainerStatus,
  type PodSpec,
  type ResourceRequirements,
} from '../../model/index.ts';
import { LOST, RESET, type RunState, type RuntimeContainer } from '../runtime.ts';
import { assumedProbes } from './assumed.ts';
import { grantedBefore, NO_RESOURCES, sizeIn } from './resize.ts';
import type { PodView, ProbeResults, Role, Seen } from './view.ts';

export interface Observed {
  readonly inits: readonly Seen[];
  readonly mains: readonly Seen[];
  /** They count for nothing: a pod is as it is without them. */
  readonly ephemerals: readonly Seen[];
}

/** Puts what the runtime has beside what the spec asks for, and the node has granted. */
export function observe(view: PodView, granted: PodSpec): Observed {
  const { spec, status } = view.pod;
  const grants = { granted, before: grantedBefore(view) };
  const see = (container: Container, role: Role, statuses: readonly ContainerStatus[] | undefined) =>
    seeOne(view, grants, container, role, statuses);
  const initRole = ({ restartPolicy }: Container): Role => (restartPolicy === 'Always' ? 'sidecar' : 'init');
  return {
    inits: spec.initContainers?.map((each) => see(each, initRole(each), status?.initContainerStatuses)) ?? NONE,
    mains: spec.containers.map((each) => see(each, 'main', status?.containerStatuses)),
    ephemerals: spec.ephemeralContainers?.map((each) => see(each, 'ephemeral', status?.ephemeralContainerStatuses)) ?? NONE,
  };
}

const NONE: readonly Seen[] = [];
const NO_RESULTS: ProbeResults = {};

/** The specs whose resources the node gives: from now on, and until now. */
interface GrantedSpecs {
  readonly granted: PodSpec;
  readonly before: PodSpec;
}

function seeOne(
  view: PodView,
  { granted, before }: GrantedSpecs,
  container: Container,
  role: Role,
  statuses: readonly ContainerStatus[] | undefined,
): Seen {
  const prior = statuses?.find(({ name }) => name === container.name);
  let current = lost(view, prior);
  let previous: RuntimeContainer | undefined;
  for (const each of view.runtime?.containers ?? []) {
    if (each.name !== container.name) continue;
    if (!current || each.attempt >= current.attempt) [previous, current] = [current, each];
    else if (!previous || each.attempt > previous.attempt) previous = each;
  }
  return {
    spec: container,
    role,
    current,
    previous,
    prior,
    probes: current ? view.probes(current.id) : NO_RESULTS,
    failure: view.memory.failures.get(container.name),
    backoff: view.memory.backoffs.get(container.name),
    hook: current && view.memory.hooks.get(current.id),
    replaced: current !== undefined && view.memory.replaced.get(container.name) === current.id,
    granted: sizeFor(container, granted, view),
    // One that was started since the status was written has what had been granted before.
    held: knownSize(view, current, prior) ?? sizeFor(container, before, view),
    unresized: current && view.memory.unresized.get(current.id),
  };
}

function sizeFor({ name, resources }: Container, grant: PodSpec, { pod }: PodView): ResourceRequirements {
  return grant === pod.spec ? (resources ?? NO_RESOURCES) : sizeIn(grant, name);
}

function knownSize(
  { memory }: PodView,
  current: RuntimeContainer | undefined,
  prior: ContainerStatus | undefined,
): ResourceRequirements | undefined {
  return current && (memory.sizes.get(current.id) ?? (isSame(current, prior) ? prior?.resources : undefined));
}

/** A container that was reported once and that the runtime does not know any more has ended; it does not run a first time again. */
function lost(view: PodView, prior: ContainerStatus | undefined): RuntimeContainer | undefined {
  if (!prior?.containerID) return undefined;
  const id = prior.containerID.slice(prior.containerID.indexOf('://') + 3);
  if (view.runtime?.containers.some((each) => each.id === id)) return undefined;
  const ended = reportedEnd(prior);
  const startedAt = parseTime(ended?.startedAt ?? prior.state?.running?.startedAt) ?? view.now;
  const state: RunState = ended
    ? {
        kind: 'exited',
        startedAt,
        finishedAt: parseTime(ended.finishedAt) ?? view.now,
        exitCode: ended.exitCode,
        reason: ended.reason,
        message: ended.message,
      }
    : { kind: 'exited', startedAt, finishedAt: view.now, ...LOST };
  return { id, podUid: view.pod.metadata.uid ?? '', name: prior.name, attempt: prior.restartCount, state };
}

/** The end of the very container that the status names: `lastState` may tell of the one before it. */
function reportedEnd({ containerID, state, lastState }: ContainerStatus): ContainerState['terminated'] {
  return state?.terminated ?? (lastState?.terminated?.containerID === containerID ? lastState?.terminated : undefined);
}

export function isRunning({ current }: Seen): boolean {
  return current?.state.kind === 'running';
}

/** It has run, or does, since the pod began or began anew. */
export function hasBegun(seen: Seen): boolean {
  return seen.current !== undefined && !(seen.replaced && hasExited(seen));
}

export function hasExited({ current }: Seen): boolean {
  return current?.state.kind === 'exited';
}

type Moment = Pick<PodView, 'features' | 'now'>;

/** Its startup probe has passed, or it has none. */
export function isStarted(seen: Seen, { features, now }: Moment): boolean {
  if (!isRunning(seen) || seen.hook) return false;
  if (!seen.spec.startupProbe) return true;
  if (!features.network) return assumedProbes(seen)!.startedAt <= now;
  return seen.probes.startup ?? sameAsPrior(seen)?.started ?? false;
}

export function isContainerReady(seen: Seen, moment: Moment): boolean {
  if (seen.role === 'ephemeral') return false;
  if (seen.role === 'init') return !seen.replaced && seen.current?.state.kind === 'exited' && seen.current.state.exitCode === 0;
  if (!isStarted(seen, moment) || seen.probes.wildcardPorts?.length) return false;
  if (!seen.spec.readinessProbe) return true;
  if (!moment.features.network) return assumedProbes(seen)!.readyAt <= moment.now;
  // A daemon that was started anew keeps to what it knew until a probe says otherwise.
  return seen.probes.readiness ?? sameAsPrior(seen)?.ready ?? false;
}

function sameAsPrior({ current, prior }: Seen): ContainerStatus | undefined {
  return isSame(current, prior) ? prior : undefined;
}

function isSame(current: RuntimeContainer | undefined, prior: ContainerStatus | undefined): boolean {
  return current !== undefined && (prior?.containerID?.endsWith(`://${current.id}`) ?? false);
}

/** Its spec names another image than the one that it was started with. */
export function runsOldImage({ spec, role, current }: Seen): boolean {
  return (role === 'main' || role === 'sidecar') && current?.asked !== undefined && current.asked !== (spec.image ?? '');
}

/** How long it is shown that a container could not be started, before that its next start is waited for. */
const START_ERROR_MS = 1000;

export function startErrorUntil({ finishedAt, reason }: Extract<RunState, { kind: 'exited' }>): Millis | undefined {
  return reason === 'StartError' ? finishedAt + START_ERROR_MS : undefined;
}

/** Whether a container that ended is to run again, by the pod's policy. */
export function restarts(seen: Seen, view: PodView): boolean {
  const { current, role } = seen;
  if (current?.state.kind !== 'exited') return false;
  if (role === 'sidecar' || seen.replaced || asksForAll(seen)) return true;
  if (role === 'ephemeral') return false;
  const { exitCode } = current.state;
  if (role === 'init' && exitCode === 0) return false;
  if (hasRule(seen, 'Restart')) return true;
  switch (seen.spec.restartPolicy ?? view.pod.spec.restartPolicy ?? 'Always') {
    case 'Always':
      return true;
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
  }
}

/** This attempt ended so that all of the pod starts anew. A daemon that is started anew knows it from the status. */
export function wasReset({ memory }: PodView, { spec, prior }: Seen, { id, attempt }: RuntimeContainer): boolean {
  if (memory.reset.get(spec.name) === id) return true;
  return prior?.lastState?.terminated?.reason === RESET.reason && prior.restartCount === attempt + 1;
}

/** All containers of the pod are to be started anew, as one of them asks for. */
export function restartsAll({ inits, mains }: Observed): boolean {
  return mains.some(asksForAll) || inits.some(asksForAll);
}

/** It has ended in a way for which all containers of the pod are to be started anew. */
export function asksForAll(seen: Seen): boolean {
  return !seen.replaced && seen.role !== 'ephemeral' && hasRule(seen, 'RestartAllContainers');
}

/** The first rule that fits the exit code counts. */
function hasRule({ spec, current }: Seen, wanted: string): boolean {
  if (!spec.restartPolicyRules || current?.state.kind !== 'exited') return false;
  const { exitCode } = current.state;
  return spec.restartPolicyRules.find(({ exitCodes }) => fitsExitCode(exitCodes, exitCode))?.action === wanted;
}

function fitsExitCode(rule: { readonly operator: 'In' | 'NotIn'; readonly values?: readonly number[] } | undefined, code: number): boolean {
  return rule !== undefined && (rule.values ?? []).includes(code) === (rule.operator === 'In');
}
