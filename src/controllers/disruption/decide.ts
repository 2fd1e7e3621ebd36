import type { Millis } from '../../base/index.ts';
import { parseTime, resolveCount, type Pod, type PodDisruptionBudget } from '../../model/index.ts';
import { isReady, withCondition } from '../../status/index.ts';

type Status = NonNullable<PodDisruptionBudget['status']>;

export interface BudgetDecision {
  readonly status: Status;
  /** When an eviction that was allowed and never came is given back. */
  readonly lookAgainIn: Millis | undefined;
}

/** An eviction that was allowed and is not seen for so long did not happen. */
const DISRUPTION_TIMEOUT: Millis = 120_000;

const CONDITION = 'DisruptionAllowed';

/** A count of healthy pods needs no controllers; a share, or a bound of the unhealthy ones, is of what they want. */
export function countsByScale({ spec = {} }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/** `wanted` is how many pods their controllers want in all, where the budget counts by it. */
export function decideBudget(budget: PodDisruptionBudget, pods: readonly Pod[], wanted: number, now: Millis): BudgetDecision {
  const { expectedPods, desiredHealthy } = decideExpected(budget, pods, wanted);
  const disrupted = stillDisrupted(budget, pods, now);
  const currentHealthy = pods.filter((pod) => !pod.metadata.deletionTimestamp && !(pod.metadata.name in disrupted) && isReady(pod)).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const observedGeneration = budget.metadata.generation ?? 0;
  const said = disruptionsAllowed > 0 ? ({ status: 'True', reason: 'SufficientPods' } as const) : ({ status: 'False', reason: 'InsufficientPods' } as const);
  const conditions = withCondition(budget.status?.conditions, { type: CONDITION, ...said, message: '', observedGeneration }, now);
  const ends = Object.values(disrupted).map((since) => (parseTime(since) ?? now) + DISRUPTION_TIMEOUT - now);
  return {
    status: {
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
      disruptionsAllowed,
      currentHealthy,
      desiredHealthy,
      expectedPods,
      ...(observedGeneration ? { observedGeneration } : {}),
      conditions,
    },
    lookAgainIn: ends.length > 0 ? Math.max(0, Math.min(...ends)) : undefined,
  };
} // prettier-ignore

/** Without knowing how many there should be, nothing may be evicted. */
export function failedBudget(budget: PodDisruptionBudget, message: string, now: Millis): Status {
  const old = budget.status ?? { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  const observedGeneration = budget.metadata.generation ?? 0;
  const said = { type: CONDITION, status: 'False', reason: 'SyncFailed', message, observedGeneration } as const;
  return { ...old, disruptionsAllowed: 0, conditions: withCondition(old.conditions, said, now) };
}

/** A budget that says neither allows nothing. */
function decideExpected(budget: PodDisruptionBudget, pods: readonly Pod[], wanted: number) {
  const { maxUnavailable, minAvailable } = budget.spec ?? {};
  const expectedPods = countsByScale(budget) ? wanted : pods.length;
  if (maxUnavailable !== undefined) return { expectedPods, desiredHealthy: Math.max(0, expectedPods - resolveCount(maxUnavailable, expectedPods, 'up')) };
  if (minAvailable !== undefined) return { expectedPods, desiredHealthy: resolveCount(minAvailable, expectedPods, 'up') };
  return { expectedPods: 0, desiredHealthy: 0 };
} // prettier-ignore

/** Pods whose eviction was allowed, and who are still there after all. */
export function notDeleted({ status }: PodDisruptionBudget, pods: readonly Pod[], now: Millis): readonly Pod[] {
  const since = status?.disruptedPods ?? {};
  const isLate = ({ metadata }: Pod) => (parseTime(since[metadata.name]) ?? now) + DISRUPTION_TIMEOUT <= now;
  return pods.filter((pod) => pod.metadata.name in since && !pod.metadata.deletionTimestamp && isLate(pod));
}

function stillDisrupted({ status }: PodDisruptionBudget, pods: readonly Pod[], now: Millis): Readonly<Record<string, string>> {
  const present = new Set(pods.filter(({ metadata }) => !metadata.deletionTimestamp).map(({ metadata }) => metadata.name));
  return Object.fromEntries(
    Object.entries(status?.disruptedPods ?? {}).filter(([name, since]) => present.has(name) && (parseTime(since) ?? now) + DISRUPTION_TIMEOUT > now),
  );
} // prettier-ignore
