import { resolveCount, type Pod } from '../../model/index.ts';
import { isActive, isAvailable } from '../../status/index.ts';
import type { DaemonState, NodeShare } from './decide.ts';
import { HASH_LABEL } from './newpod.ts';

export interface RollingStep {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** One step of replacing outdated pods: with surge the new one comes first, without it the old one goes first. */
export function decideRolling(state: DaemonState, shares: readonly NodeShare[], desired: number): RollingStep {
  const { maxSurge = 0, maxUnavailable = 1 } = state.set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = resolveCount(maxSurge, desired, 'up');
  const wanted = shares.filter(({ wants }) => wants).map(({ node, pods }) => ({ node, ...sortOut(state, pods) }));
  if (surge > 0) return withSurge(wanted, surge);
  return { create: [], remove: withoutSurge(wanted, resolveCount(maxUnavailable, desired, 'up')) };
}

interface Pair {
  readonly node: string;
  readonly old: Pod | undefined;
  readonly fresh: Pod | undefined;
  readonly oldServes: boolean;
  readonly freshServes: boolean;
}

function sortOut({ set, hash, now }: DaemonState, pods: readonly Pod[]): Omit<Pair, 'node'> {
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

function withSurge(pairs: readonly Pair[], maxSurge: number): RollingStep {
  const inSurge = pairs.filter(({ fresh, freshServes }) => fresh && !freshServes).length;
  const outdated = pairs.filter(({ old, fresh }) => old && !fresh);
  const idle = outdated.filter(({ oldServes }) => !oldServes);
  const serving = outdated.filter(({ oldServes }) => oldServes).slice(0, Math.max(0, maxSurge - inSurge));
  const replaced = pairs.filter(({ old, freshServes }) => old && freshServes);
  return { create: [...idle, ...serving].map(({ node }) => node), remove: replaced.map(({ old }) => old!) };
}
