import { resolveCount, type Deployment } from '../../model/index.ts';

/** How far a rollout may stray from the wanted count. */
export interface Bounds {
  /** Pods beyond the wanted count. */
  readonly surge: number;
  /** Pods of the wanted count that may be unavailable. */
  readonly unavailable: number;
}

const DEFAULT_SHARE = '25%';

export const wantedReplicas = (deployment: Deployment): number => deployment.spec.replicas ?? 1;

export const isRolling = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate';

/** With neither surge nor unavailability nothing could move, so one pod may then be unavailable. */
export function boundsOf(deployment: Deployment): Bounds {
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 };
  const replicas = wantedReplicas(deployment);
  const { maxSurge = DEFAULT_SHARE, maxUnavailable = DEFAULT_SHARE } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = resolveCount(maxSurge, replicas, 'up');
  const unavailable = resolveCount(maxUnavailable, replicas, 'down');
  return { surge, unavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable) };
}
