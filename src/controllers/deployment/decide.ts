import type { Millis } from '../../base/index.ts';
import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from '../../model/index.ts';
import { isRolling, wantedReplicas } from './bounds.ts';
import { decideCleanup } from './cleanup.ts';
import type { Conditions } from './conditions.ts';
import { isComplete, nextDeadlineIn, withPause, withProgress, withStart } from './progress.ts';
import { decideScale, decideWhole, isScaling } from './proportional.ts';
import { decideRecreate } from './recreate.ts';
import { nextRevision, REVISION, withRevision, withSize } from './revision.ts';
import { decideRolling, firstSize, UNCHANGED, type Sizes } from './rolling.ts';
import { sortOut, type Sets } from './sets.ts';
import { countsOf, withAvailability, withReplicaFailure } from './status.ts';
import { newReplicaSet } from './template.ts';

export interface Live {
  readonly deployment: Deployment;
  /** The sets that it owns. */
  readonly sets: readonly ReplicaSet[];
  readonly podsOf: (set: ReplicaSet) => readonly Pod[];
}

/** One step of a rollout. The parts are to be done in this order. */
export interface Decision {
  readonly create: ReplicaSet | undefined;
  readonly change: readonly { readonly before: ReplicaSet; readonly after: ReplicaSet }[];
  readonly remove: readonly ReplicaSet[];
  readonly status: DeploymentStatus;
  /** For the Deployment's annotation; undefined leaves it as it is. */
  readonly revision: string | undefined;
  /** When to look again although nothing has happened. */
  readonly lookAgainIn: Millis | undefined;
}

/** What a step makes of the sets, before anything is written. */
interface Step {
  readonly current: ReplicaSet | undefined;
  readonly sizes: Sizes;
  /** It moves the rollout: its progress is judged. */
  readonly isRollout: boolean;
}

export function decideDeployment(live: Live, now: Millis): Decision {
  const { deployment } = live;
  const found = sortOut(deployment, live.sets);
  if (deployment.metadata.deletionTimestamp)
    return conclude(live, found, { current: found.current, sizes: UNCHANGED, isRollout: false }, now);
  const current = found.current && upToDate(found.current, deployment, found.old);
  return conclude(live, found, chooseStep(live, { ...found, current }), now);
}

function chooseStep({ deployment, podsOf }: Live, { current, old }: Sets): Step {
  if (deployment.spec.paused || isScaling(deployment, { current, old })) {
    return { current, sizes: decideScale(deployment, { current, old }), isRollout: false };
  }
  if (isRolling(deployment)) {
    const rolled = current ?? sized(deployment, old, (set) => firstSize(deployment, set, old));
    return { current: rolled, sizes: decideRolling(deployment, rolled, old), isRollout: true };
  }
  const step = decideRecreate(old, podsOf);
  switch (step.kind) {
    case 'empty':
      return { current, sizes: new Map(step.sets.map((set) => [set.metadata.name, 0])), isRollout: true };
    case 'wait':
      return { current, sizes: UNCHANGED, isRollout: true };
    case 'fill': {
      const filled = current ?? sized(deployment, old, () => wantedReplicas(deployment));
      return { current: filled, sizes: decideWhole(deployment, filled), isRollout: true };
    }
  }
}

/** A new set with its first size. */
function sized(deployment: Deployment, old: readonly ReplicaSet[], size: (set: ReplicaSet) => number): ReplicaSet {
  const set = newReplicaSet(deployment);
  return withSize(withRevision(set, deployment, nextRevision(old)), size(set), deployment);
}

/** The current set with what it takes over from the Deployment. */
function upToDate(set: ReplicaSet, deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const { minReadySeconds = 0 } = deployment.spec;
  const same = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
  return withRevision(same ? set : { ...set, spec: { ...set.spec, minReadySeconds } }, deployment, nextRevision(old));
}

function conclude({ deployment }: Live, found: Sets, { current, sizes, isRollout }: Step, now: Millis): Decision {
  const resized = (set: ReplicaSet) => resize(set, sizes, deployment);
  const sets: Sets = { current: current && resized(current), old: found.old.map(resized) };
  const isNew = sets.current !== undefined && found.current === undefined;
  const counts = countsOf(deployment, sets);
  const conditions = judge(deployment, sets, counts, { isNew, isRollout }, now);
  const status: DeploymentStatus = { ...counts, ...(conditions.length > 0 ? { conditions } : {}) };
  const pairs = [
    ...found.old.map((before, i) => ({ before, after: sets.old[i]! })),
    ...(found.current ? [{ before: found.current, after: sets.current! }] : []),
  ];
  return {
    create: isNew ? sets.current : undefined,
    change: pairs.filter(({ before, after }) => before !== after),
    remove: isTidy(deployment, status) ? decideCleanup(deployment, sets.old) : [],
    status,
    revision: sets.current?.metadata.annotations?.[REVISION],
    lookAgainIn: isRollout ? nextDeadlineIn(deployment, status, now) : undefined,
  };
}

/** No rollout needs its old sets just now. */
function isTidy(deployment: Deployment, status: DeploymentStatus): boolean {
  return !deployment.metadata.deletionTimestamp && (deployment.spec.paused || isComplete(deployment, status));
}

function resize(set: ReplicaSet, sizes: Sizes, deployment: Deployment): ReplicaSet {
  const size = sizes.get(set.metadata.name);
  return size === undefined ? set : withSize(set, size, deployment);
}

function judge(
  deployment: Deployment,
  sets: Sets,
  counts: DeploymentStatus,
  step: { isNew: boolean; isRollout: boolean },
  now: Millis,
): Conditions {
  let conditions: Conditions = withPause(deployment.status?.conditions ?? [], deployment, now);
  if (sets.current) conditions = withStart(conditions, deployment, sets.current, step.isNew, now);
  conditions = withAvailability(conditions, deployment, sets, now);
  if (!step.isRollout) return conditions;
  return withReplicaFailure(withProgress(conditions, deployment, counts, sets.current, now), sets, now);
}
