import type { Millis } from '../../base/index.ts';
import { formatTime, parseTime, type PodStatus, type ResourceRequirements } from '../../model/index.ts';
import { isTerminal } from '../../status/index.ts';
import { RESET, type RuntimePod } from '../runtime.ts';
import { rejectionOf } from './admission.ts';
import { assumedProbes } from './assumed.ts';
import { afterRestart, restartAt, type Backoff } from './backoff.ts';
import {
  hasBegun,
  hasExited,
  isRunning,
  isStarted,
  observe,
  restarts,
  restartsAll,
  runsOldImage,
  startErrorUntil,
  type Observed,
} from './observe.ts';
import { refusal } from './refusal.ts';
import { awaitsResize, grantOf, mustRestart, NO_RESOURCES, type Grant } from './resize.ts';
import { podStatus } from './status.ts';
import type { Doom, PodView, Seen } from './view.ts';

/** Why a container is stopped. */
export type StopCause =
  | 'podDeleted'
  | 'podEnded'
  | 'startupProbe'
  | 'livenessProbe'
  | 'postStartHook'
  | 'definition'
  | 'resize'
  | 'restartAll';

export type Action =
  | { readonly do: 'sandbox' }
  | { readonly do: 'volumes' }
  | {
      readonly do: 'start';
      readonly container: string;
      readonly attempt: number;
      /** For a restart. */
      readonly backoff?: Backoff;
      /** Instead of what its spec asks for. */
      readonly resources?: ResourceRequirements;
    }
  | {
      readonly do: 'resize';
      readonly container: string;
      readonly id: string;
      readonly from: ResourceRequirements;
      readonly to: ResourceRequirements;
    }
  | {
      readonly do: 'stop';
      readonly container: string;
      readonly id: string;
      /** When patience with it ends. */
      readonly forceAt: Millis;
      readonly cause: StopCause;
      /** Others end first: meanwhile it does what it wants done before. */
      readonly waits?: boolean;
    }
  /** All that has run is done with: the pod begins anew, with its first init container. */
  | {
      readonly do: 'renew';
      /** By container name: its last attempt. */
      readonly ended: ReadonlyMap<string, string>;
      /** Of those that did not wait for a new start anyway. */
      readonly reset: ReadonlyMap<string, string>;
    }
  | { readonly do: 'remove'; readonly id: string };

export interface Decision {
  readonly actions: readonly Action[];
  /** Worked out when it is asked for: most decisions are followed by another before anything is reported. */
  readonly status: () => PodStatus;
  /** What the node gives the pod from now on; undefined: it does not take it on. */
  readonly grant: Grant | undefined;
  /** By container id: what those that run have. Worked out when it is asked for. */
  readonly sizes: () => ReadonlyMap<string, ResourceRequirements>;
  /** A container runs with something else than it was granted. */
  readonly isResizing: boolean;
  /** All has ended and is reported: a pod that is being deleted can go. */
  readonly finished: boolean;
  /** When time alone will change this decision. */
  readonly dueAt: Millis | undefined;
}

/** A pod that nobody asks for any more has this long to end. */
const ORPHAN_GRACE_MS = 2000;

/** As little as one that the node must be rid of has. */
const PRESSING_GRACE_MS = 1000;
const DEFAULT_GRACE_SECONDS = 30;

/** What to do for a pod, and what to report of it. */
export function decide(view: PodView): Decision {
  const deleting = view.pod.metadata.deletionTimestamp !== undefined;
  const due: Millis[] = [];
  const doom = doomOf(view, due);
  const grant = grantOf(view, deleting || doom !== undefined);
  const seen = observe(view, grant.spec);
  const live = seen.mains.some(isRunning) || seen.inits.some(isRunning) || seen.ephemerals.some(isRunning);
  const ended = isTerminal(view.pod) || isOver(view, seen) || doom !== undefined;
  const actions = deleting || ended ? stopAll(view, seen, deleting ? 'podDeleted' : 'podEnded') : advance(view, seen, due);
  noteProbesDue(view, seen.inits, due);
  noteProbesDue(view, seen.mains, due);
  const stale = outdated(view);
  return {
    actions: stale.length > 0 ? [...actions, ...stale] : actions,
    status: () => podStatus(view, seen, { over: (deleting || ended) && !live, doom, grant: deleting || ended ? undefined : grant }),
    grant: doom?.isRejection ? undefined : grant,
    sizes: () => sizesOf(seen),
    isResizing: seen.mains.some(awaitsResize) || seen.inits.some(awaitsResize),
    finished: deleting && !live,
    dueAt: due.length > 0 ? Math.min(...due) : undefined,
  };
}

const NO_ACTIONS: readonly Action[] = [];

function sizesOf({ inits, mains }: Observed): ReadonlyMap<string, ResourceRequirements> {
  return new Map([...inits, ...mains].flatMap(({ current, held }) => (current?.state.kind === 'running' ? [[current.id, held]] : [])));
}

/** When the next probe of one that cannot be asked passes. */
function noteProbesDue({ features, now }: PodView, containers: readonly Seen[], due: Millis[]): void {
  if (features.network) return;
  for (const each of containers) {
    const assumed = (each.spec.startupProbe ?? each.spec.readinessProbe) ? assumedProbes(each) : undefined;
    if (assumed && assumed.startedAt > now) due.push(assumed.startedAt);
    if (assumed && assumed.readyAt > now) due.push(assumed.readyAt);
  }
}

/** A pod that has had its time ends, as one that is driven out does; what has ended by itself has not. */
function doomOf(view: PodView, due: Millis[]): Doom | undefined {
  const { pod, memory, now } = view;
  if (isTerminal(pod)) return undefined;
  const rejection = rejectionOf(view);
  if (rejection) return rejection;
  const { activeDeadlineSeconds } = pod.spec;
  const startTime = activeDeadlineSeconds === undefined ? undefined : parseTime(pod.status?.startTime ?? formatTime(now));
  if (memory.doom || activeDeadlineSeconds === undefined || startTime === undefined) return memory.doom;
  const deadline = startTime + activeDeadlineSeconds * 1000;
  if (deadline <= now) return { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
  due.push(deadline);
  return undefined;
}

/** A pod that is gone from the API: its containers end, then all of it is removed. */
export function decideOrphan(
  pod: RuntimePod,
  stopping: ReadonlyMap<string, Millis>,
): { stop: readonly { id: string; graceMs: Millis }[]; remove: boolean } {
  const running = pod.containers.filter(({ state }) => state.kind === 'running');
  return {
    stop: running.filter(({ id }) => !stopping.has(id)).map(({ id }) => ({ id, graceMs: ORPHAN_GRACE_MS })),
    remove: running.length === 0,
  };
}

/** Nothing of the pod will run again: it has succeeded or failed, except for its sidecars, which end last. */
function isOver(view: PodView, { inits, mains }: Observed): boolean {
  const initFailed = inits.some((init) => init.role === 'init' && hasExited(init) && !succeeded(init) && !restarts(init, view));
  if (initFailed && !mains.some(hasBegun)) return true;
  return mains.every((main) => hasExited(main) && !restarts(main, view));
}

function succeeded({ current, replaced }: Seen): boolean {
  return !replaced && current?.state.kind === 'exited' && current.state.exitCode === 0;
}

/** Moves a living pod on: sandbox, init containers one after another, then the main ones. */
function advance(view: PodView, seen: Observed, due: Millis[]): readonly Action[] {
  if (refusal(view)) return NO_ACTIONS;
  if (!view.runtime) return [{ do: 'sandbox' }];
  if (restartsAll(seen)) return renew(view, seen);
  const volumes = keepVolumes(view, due);
  const actions: Action[] = [...volumes.actions];
  const begun = seen.mains.some(hasBegun);
  // The containers after one with a postStart hook start when that has done.
  const busy = seen.inits.some(isBusy) || seen.mains.some(isBusy);
  const keepOne = (each: Seen, mayStart: boolean) => actions.push(...keep(view, each, due, mayStart));
  for (const each of seen.ephemerals) keepOne(each, volumes.ready);
  let initialized = true;
  for (const init of seen.inits) {
    if (begun && init.role === 'init') continue;
    if (initialized || isRunning(init)) keepOne(init, volumes.ready && !busy);
    initialized &&= init.role === 'sidecar' ? isStarted(init, view) : succeeded(init);
  }
  if (initialized || begun) for (const main of seen.mains) keepOne(main, volumes.ready && !busy);
  return view.runtime.broken && isWorthMending(view.runtime, actions) ? [{ do: 'sandbox' }] : actions;
}

/** One container has asked for all to be started anew: those that run end first. */
function renew(view: PodView, { inits, mains }: Observed): readonly Action[] {
  const all = [...inits, ...mains];
  const running = all.filter(isRunning);
  if (running.length > 0) return running.flatMap((each) => stop(view, each, view.now, 'restartAll'));
  return [{ do: 'renew', ended: attemptsOf(all), reset: attemptsOf(all.filter((each) => !waitedAnyway(each))) }];
}

function attemptsOf(containers: readonly Seen[]): ReadonlyMap<string, string> {
  return new Map(containers.flatMap(({ spec, current }) => (current ? [[spec.name, current.id]] : [])));
}

function waitedAnyway({ prior }: Seen): boolean {
  const reason = prior?.state?.waiting?.reason;
  return reason !== undefined && reason !== RESET.reason;
}

function isBusy(seen: Seen): boolean {
  return seen.hook === 'running' && isRunning(seen);
}

/** A pod that has lost what its containers share and has nothing more to run is left as it is. */
function isWorthMending({ containers }: RuntimePod, actions: readonly Action[]): boolean {
  return containers.some(({ state }) => state.kind === 'running') || actions.some((action) => action.do === 'start');
}

/** Without its volumes no container starts; those that run go on. */
function keepVolumes({ pod, memory, now }: PodView, due: Millis[]): { actions: readonly Action[]; ready: boolean } {
  const { volumes } = memory;
  if (!pod.spec.volumes?.length) return { actions: NO_ACTIONS, ready: true };
  if (!volumes) return { actions: [{ do: 'volumes' }], ready: false };
  const at = 'retryAt' in volumes ? volumes.retryAt : volumes.stale ? now : volumes.renewAt;
  if (at !== undefined && at > now && at < Infinity) due.push(at);
  return { actions: at !== undefined && at <= now ? [{ do: 'volumes' }] : [], ready: !('retryAt' in volumes) };
}

/** Starts, restarts, resizes or stops one container. */
function keep(view: PodView, seen: Seen, due: Millis[], mayStart: boolean): readonly Action[] {
  const { spec, current, failure } = seen;
  if (current?.state.kind === 'running') {
    const isOtherSize = awaitsResize(seen);
    const cause = whyStop(seen) ?? (isOtherSize && mustRestart(seen) ? 'resize' : undefined);
    if (!cause) return isOtherSize ? resize(view, seen, due) : NO_ACTIONS;
    const probe = cause === 'startupProbe' ? spec.startupProbe : cause === 'livenessProbe' ? spec.livenessProbe : undefined;
    const seconds = probe?.terminationGracePeriodSeconds ?? view.pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
    return stop(view, seen, view.now + seconds * 1000, cause);
  }
  const { pulling, starting } = view.memory;
  if (!mayStart || pulling?.has(spec.name) || starting?.has(spec.name) || (current && !restarts(seen, view))) return NO_ACTIONS;
  const finishedAt = current?.state.kind === 'exited' ? current.state.finishedAt : undefined;
  // What a container did that was another is not held against this one.
  const backoff = runsOldImage(seen) ? undefined : seen.backoff;
  const at = Math.max(finishedAt === undefined ? view.now : restartAt(backoff, finishedAt), failure?.retryAt ?? 0);
  if (at > view.now) {
    if (at < Infinity) due.push(at);
    const shownUntil = current?.state.kind === 'exited' ? startErrorUntil(current.state) : undefined;
    if (shownUntil !== undefined && shownUntil > view.now) due.push(shownUntil);
    return NO_ACTIONS;
  }
  const attempt = current ? current.attempt + 1 : 0;
  return [
    {
      do: 'start',
      container: spec.name,
      attempt,
      ...(finishedAt === undefined ? {} : { backoff: afterRestart(backoff, finishedAt, view.now) }),
      ...(seen.granted === (spec.resources ?? NO_RESOURCES) ? {} : { resources: seen.granted }),
    },
  ];
}

function resize({ now }: PodView, seen: Seen, due: Millis[]): readonly Action[] {
  const { spec, current, unresized } = seen;
  if (unresized && unresized.retryAt > now) {
    due.push(unresized.retryAt);
    return NO_ACTIONS;
  }
  return [{ do: 'resize', container: spec.name, id: current!.id, from: seen.held, to: seen.granted }];
}

function whyStop(seen: Seen): StopCause | undefined {
  const { hook, probes } = seen;
  if (runsOldImage(seen)) return 'definition';
  if (hook === 'failed') return 'postStartHook';
  if (probes.startup === false) return 'startupProbe';
  return probes.liveness === false ? 'livenessProbe' : undefined;
}

/** Main and init containers first; then the sidecars, the last one first, as long as there is time for it. */
function stopAll(view: PodView, { inits, mains, ephemerals }: Observed, cause: StopCause): Action[] {
  const forceAt = forceTime(view);
  const first = [...mains, ...ephemerals, ...inits.filter(({ role }) => role === 'init')].filter(isRunning);
  const sidecars = inits.filter((seen) => seen.role === 'sidecar' && isRunning(seen));
  const waiting = forceAt <= view.now ? [] : first.length > 0 ? sidecars : sidecars.slice(0, -1);
  const ending = [...first, ...sidecars.filter((each) => !waiting.includes(each))];
  return [...ending.flatMap((seen) => stop(view, seen, forceAt, cause)), ...waiting.flatMap((seen) => prepare(view, seen, forceAt, cause))];
}

/** When patience ends. The API server counts in whole seconds, so up to one more is granted. */
function forceTime({ pod, memory, now }: PodView): Millis {
  if (memory.doom?.isPressing) return now + PRESSING_GRACE_MS;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  const seconds = deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS;
  const deadline = parseTime(deletionTimestamp);
  if (seconds === 0) return now;
  return Math.max(now, Math.min(now + seconds * 1000, deadline === undefined ? Infinity : deadline + 1000));
}

/** Stopping again is worth while only to end it sooner. */
function stop({ memory }: PodView, { spec, current }: Seen, forceAt: Millis, cause: StopCause): Action[] {
  const known = memory.stopping.get(current!.id);
  if (known !== undefined && known <= forceAt) return [];
  return [{ do: 'stop', container: spec.name, id: current!.id, forceAt, cause }];
}

function prepare({ memory }: PodView, { spec, current }: Seen, forceAt: Millis, cause: StopCause): Action[] {
  if (memory.warned.has(current!.id)) return [];
  return [{ do: 'stop', container: spec.name, id: current!.id, forceAt, cause, waits: true }];
}

/** The last attempt and the one before it are kept, for their logs. */
function outdated({ runtime }: PodView): readonly Action[] {
  const containers = runtime?.containers ?? [];
  if (containers.length < 2) return NO_ACTIONS;
  const newest = new Map<string, number>();
  for (const { name, attempt } of containers) newest.set(name, Math.max(attempt, newest.get(name) ?? 0));
  return containers
    .filter(({ name, attempt, state }) => state.kind === 'exited' && attempt < newest.get(name)! - 1)
    .map(({ id }) => ({ do: 'remove', id }));
}
