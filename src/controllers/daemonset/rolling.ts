import { resolveCount, type Pod } from '../../model/index.ts';
import { isActive, isAvailable } from '../../status/index.ts';
import type { DaemonState, NodeShare } from './decide.ts';
import { HASH_LABEL } from './newpod.ts';

export interface RollingStep {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/**
 * One step of replacing outdated pods: with surge the new one comes first, without it the old one goes first. A node that
 * only keeps what it has loses its outdated pod, too, and gets no other.
 */
export function decideRolling(state: DaemonState, shares: readonly NodeShare[], desired: number): RollingStep {
  const { maxSurge = 0, maxUnavailable = 1 } = state.set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = resolveCount(maxSurge, desired, 'up');
  const pairs = shares.filter(({ pods }) => pods.length > 0).map(({ node, wants, pods }) => ({ node, wants, ...sortOut(state, pods) }));
  if (surge > 0) return withSurge(pairs, surge, desired);
  return { create: [], remove: withoutSurge(pairs, resolveCount(maxUnavailable, desired, 'up')) };
}

interface Pair {
  readonly node: string;
  readonly wants: boolean;
  readonly old: Pod | undefined;
  readonly fresh: Pod | undefined;
  readonly oldServes: boolean;
  readonly freshServes: boolean;
}

function sortOut({ set, hash, now }: DaemonState, pods: readonly Pod[]): Omit<Pair, 'node' | 'wants'> {
  const active = pods.filter(isActive);
  const serves = (pod: Pod | undefined) => pod !== undefined && isAvailable(pod, set.spec.minReadySeconds ?? 0, now);
  const fresh = active.find((pod) => pod.metadata.labels?.[HASH_LABEL] === hash);
  const old = active.find((pod) => pod.metadata.labels?.[HASH_LABEL] !== hash);
  return { old, fresh, oldServes: serves(old), freshServes: serves(fresh) };
}

/** Pods that do not serve go at once: they cost nothing. */
function withoutSurge(pairs: readonly Pair[], maxUnavailable: number): readonly Pod[] {
  const unavailable = pairs.filter(({ oldServes, freshServes }) => !oldServes && !freshServes).length;
  const outdated = pairs.filter(({ old, fresh }) => old && !fresh);
  const idle = outdated.filter(({ oldServes }) => !oldServes);
  const serving = outdated.filter(({ oldServes }) => oldServes).slice(0, Math.max(0, maxUnavailable - unavailable));
  return [...idle, ...serving].map(({ old }) => old!);
}

/** A pod that serves where none is wanted any more goes once others serve in its stead. */
function withSurge(pairs: readonly Pair[], maxSurge: number, desired: number): RollingStep {
  const inSurge = pairs.filter(({ old, fresh, freshServes }) => old && fresh && !freshServes).length;
  const outdated = pairs.filter(({ old, fresh }) => old && !fresh);
  const [idle, serving] = [outdated.filter(({ oldServes }) => !oldServes), outdated.filter(({ oldServes }) => oldServes)];
  const spare = pairs.filter(({ old, oldServes, freshServes }) => (old ? oldServes : freshServes)).length - desired;
  const surging = serving.filter(({ wants }) => wants).slice(0, Math.max(0, maxSurge - inSurge));
  const dispensable = serving.filter(({ wants }) => !wants).slice(0, Math.max(0, spare));
  return {
    create: [...idle.filter(({ wants }) => wants), ...surging].map(({ node }) => node),
    remove: [...idle.filter(({ wants }) => !wants), ...dispensable].map(({ old }) => old!),
  };
}
