import type { Millis } from '../../base/index.ts';
import { formatTime, parseTime, PODS, type ObjectKey, type Pod } from '../../model/index.ts';
import { conditionOf, isActive } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';

const CONDITION = 'DisruptionTarget';

/** A pod that was to be disrupted and is not on its way out by then is not any more. */
const TIMEOUT: Millis = 120_000;

/** It was to make room or to be evicted, and is still there. What its node ends may take any time to go. */
export function isSpared(pod: Pod): boolean {
  const condition = conditionOf(pod.status?.conditions, CONDITION);
  return isActive(pod) && condition?.status === 'True' && condition.reason !== 'TerminationByKubelet';
}

export function sparedReconciler({ client, clock }: ControllerContext): Reconcile {
  const pods = client.informer(PODS);

  return async (key: ObjectKey): Promise<Outcome> => {
    const pod = pods.get(key);
    if (!pod || !isSpared(pod)) return SETTLED;
    const since = parseTime(conditionOf(pod.status?.conditions, CONDITION)?.lastTransitionTime) ?? clock.now();
    const left = since + TIMEOUT - clock.now();
    if (left > 0) return { kind: 'waiting', afterMs: left, on: 'the disruption of a pod' };
    const over = { type: CONDITION, status: 'False', lastTransitionTime: formatTime(clock.now()) } as const;
    const conditions = pod.status!.conditions!.map((each) => (each.type === CONDITION ? over : each));
    await client.updateStatus(PODS, { ...pod, status: { ...pod.status, conditions } }).catch(ignoreNotFound);
    return SETTLED;
  };
}
