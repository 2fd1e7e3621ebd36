import type { Millis } from '../../base/index.ts';
import type { HorizontalPodAutoscaler } from '../../model/index.ts';
import { limitByDefault, limitRate, remember, rulesOf, stabilize, stabilizeByDefault, type ScaleHistory } from './behavior.ts';

/** What one metric calls for. */
export interface Proposal {
  readonly replicas: number;
  /** As a reason says it: `cpu resource utilization (percentage of request)`. */
  readonly name: string;
}

export interface Said {
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

export interface ScaleDecision {
  readonly replicas: number;
  readonly because: string;
  /** The metric that calls for the most. */
  readonly best: string;
  readonly able: Said;
  readonly limited: Said;
  readonly history: ScaleHistory;
}

const READY: Said = { status: 'True', reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const WITHIN: Said = { status: 'False', reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };

/** Outside of its bounds nobody asks for metrics. */
export function backWithinBounds(
  { spec }: HorizontalPodAutoscaler,
  current: number,
): Pick<ScaleDecision, 'replicas' | 'because'> | undefined {
  const { minReplicas = 1, maxReplicas } = spec;
  if (current > maxReplicas) return { replicas: maxReplicas, because: 'Current number of replicas above Spec.MaxReplicas' };
  if (current < minReplicas) return { replicas: minReplicas, because: 'Current number of replicas below Spec.MinReplicas' };
  return undefined;
}

/** The largest proposal, held back by what was recommended before, by the rate, and by the autoscaler's bounds. */
export function decideScale(
  autoscaler: HorizontalPodAutoscaler,
  current: number,
  proposals: readonly Proposal[],
  history: ScaleHistory,
  now: Millis,
): ScaleDecision {
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const best = proposals.reduce((most, each) => (each.replicas > most.replicas ? each : most));
  const rules = autoscaler.spec.behavior && rulesOf(autoscaler);
  const kept = remember(history, { recommendations: best.replicas }, now);
  const steady = rules ? stabilize(best.replicas, current, history, rules, now) : stabilizeByDefault(best.replicas, history, now);
  const rated = rules ? limitRate(steady, current, history, rules, now) : limitByDefault(steady, current);
  const replicas = Math.min(maxReplicas, Math.max(minReplicas, rated));
  return {
    replicas,
    because: replicas > current ? `${best.name} above target` : 'All metrics below target',
    best: best.name,
    able: steady === best.replicas ? READY : stabilized(steady > best.replicas),
    limited: limit(steady, rated, minReplicas, maxReplicas),
    history: kept,
  };
}

function stabilized(isDown: boolean): Said {
  return isDown
    ? { status: 'True', reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' }
    : { status: 'True', reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' };
} // prettier-ignore

function limit(wanted: number, rated: number, least: number, most: number): Said {
  if (wanted > most && rated >= most) return { status: 'True', reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
  if (wanted < least && rated <= least) return { status: 'True', reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
  if (rated < wanted) return { status: 'True', reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
  if (rated > wanted) return { status: 'True', reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };
  return WITHIN;
} // prettier-ignore
