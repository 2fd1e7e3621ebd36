import { equalJson, messageOf, type Millis } from '../../base/index.ts';
import {
  formatSelector,
  formatTime,
  HORIZONTAL_POD_AUTOSCALERS,
  keyOf,
  matches,
  PODS,
  type Condition,
  type HorizontalPodAutoscaler,
  type MetricSpec,
  type MetricStatus,
  type ObjectKey,
  type Selector,
} from '../../model/index.ts';
import { withCondition } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { NO_HISTORY, remember, type ScaleHistory } from './behavior.ts';
import { backWithinBounds, decideScale, type Proposal, type Said } from './decide.ts';
import { failureOf, type MetricFailure } from './failures.ts';
import { measure, type Scaled } from './measure.ts';
import { findTarget } from './target.ts';
import { Unable, uncountable } from './unable.ts';

type Status = NonNullable<HorizontalPodAutoscaler['status']>;

const PERIOD: Millis = 15_000;
const CPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

export function autoscalerReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const autoscalers = client.informer(HORIZONTAL_POD_AUTOSCALERS);
  const pods = client.informer(PODS);
  const histories = new Map<ObjectKey, ScaleHistory>();
  /** Of those that were measured. */
  const selectors = new Map<ObjectKey, Selector>();
  const known = new Set<ObjectKey>();

  return async (key: ObjectKey): Promise<Outcome> => {
    const autoscaler = autoscalers.get(key);
    if (!autoscaler) {
      histories.delete(key);
      selectors.delete(key);
      known.delete(key);
      return SETTLED;
    }
    // Of pods that are as new as their autoscaler, and after a start of all, nobody has measured anything yet.
    if (known.has(key)) await scale(key, autoscaler);
    known.add(key);
    return { kind: 'waiting', afterMs: PERIOD, on: 'the next look at the metrics' };
  };

  async function scale(key: ObjectKey, autoscaler: HorizontalPodAutoscaler): Promise<void> {
    const about = { kind: HORIZONTAL_POD_AUTOSCALERS, object: autoscaler };
    const now = clock.now();
    let conditions: readonly Condition[] = autoscaler.status?.conditions ?? [];
    const say = (type: string, { status, reason, message }: Said) => (conditions = withCondition(conditions, { type, status, reason, message }, now));
    let status: Status = { ...autoscaler.status, desiredReplicas: autoscaler.status?.desiredReplicas ?? 0 };
    try {
      const { kind, replicas: current, selector } = await findTarget(client, autoscaler);
      // What there is when it is first looked at counts as recommended: a new autoscaler, or a new start, shrinks nothing at once.
      if (!histories.has(key)) histories.set(key, remember(NO_HISTORY, { recommendations: current }, now));
      status = { ...status, currentReplicas: current, currentMetrics: null };
      say('AbleToScale', { status: 'True', reason: 'SucceededGetScale', message: "the HPA controller was able to get the target's current scale" });
      if (current === 0) {
        status = { ...status, desiredReplicas: 0 };
        throw new Unable('ScalingActive', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      }
      let decision = backWithinBounds(autoscaler, current);
      if (!decision) {
        if (selector.length === 0) {
          const message = 'selector is required';
          throw uncountable('InvalidSelector', "the HPA target's scale is missing a selector", message, { reason: 'SelectorRequired', message });
        }
        selectors.set(key, selector);
        const scaled = { replicas: current, selector, pods: pods.list(autoscaler.metadata.namespace).filter((pod) => matches(selector, pod.metadata.labels)) };
        forbidRivals(autoscaler, scaled);
        const measured = await measureAll(autoscaler, scaled);
        status = { ...status, currentMetrics: measured.statuses };
        if (measured.failure) throw measured.failure;
        const { best, able, limited, history, ...wanted } = decideScale(autoscaler, current, measured.proposals, histories.get(key)!, now);
        say('ScalingActive', { status: 'True', reason: 'ValidMetricFound', message: `the HPA was able to successfully calculate a replica count from ${best}` });
        say('AbleToScale', able);
        say('ScalingLimited', limited);
        histories.set(key, history);
        decision = wanted;
      }
      const { replicas, because } = decision;
      status = { ...status, desiredReplicas: replicas };
      if (replicas !== current) {
        const { name } = autoscaler.spec.scaleTargetRef;
        const target = { kind, name, namespace: autoscaler.metadata.namespace, subresource: 'scale' } as const;
        await client.patch(target, { type: 'merge', patch: { spec: { replicas } } }).catch((error: unknown) => {
          status = { ...status, desiredReplicas: autoscaler.status?.desiredReplicas ?? 0 };
          const message = `New size: ${replicas}; reason: ${because}; error: ${messageOf(error)}`;
          throw new Unable('AbleToScale', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${messageOf(error)}`, { reason: 'FailedRescale', message });
        });
        events.event(about, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${because}`);
        say('AbleToScale', { status: 'True', reason: 'SucceededRescale', message: `the HPA controller was able to update the target scale to ${replicas}` });
        const change = replicas - current;
        histories.set(key, remember(histories.get(key)!, change > 0 ? { ups: change } : { downs: -change }, now));
        status = { ...status, lastScaleTime: formatTime(now) };
      }
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      for (const { reason, message } of error.events) events.event(about, 'Warning', reason, message);
      say(error.type, { status: 'False', reason: error.reason, message: error.message });
    }
    const observedGeneration = autoscaler.metadata.generation;
    await writeStatus(autoscaler, { ...status, ...(observedGeneration ? { observedGeneration } : {}), conditions });
  } // prettier-ignore

  /** Two that scale the same pods would undo each other's work. */
  function forbidRivals({ metadata: { namespace } }: HorizontalPodAutoscaler, { selector, pods: scaled }: Scaled): void {
    const isRival = (other: HorizontalPodAutoscaler) => {
      const theirs = selectors.get(keyOf(other));
      return theirs !== undefined && scaled.some(({ metadata }) => matches(theirs, metadata.labels));
    };
    const all = autoscalers.list(namespace).filter(isRival);
    if (all.length <= 1) return;
    const message = `pods by selector ${formatSelector(selector)} are controlled by multiple HPAs: [${all.map(keyOf).toSorted().join(' ')}]`;
    throw uncountable('AmbiguousSelector', message, message, { reason: 'AmbiguousSelector', message });
  }

  /** Where one metric is unknown, the others may only make it grow. Statuses are by the place of their metric. */
  async function measureAll(autoscaler: HorizontalPodAutoscaler, scaled: Scaled) {
    const proposals: Proposal[] = [];
    const statuses: MetricStatus[] = [];
    const failures: MetricFailure[] = [];
    const { metrics: given } = autoscaler.spec;
    const metrics = given?.length ? given : [CPU];
    for (const metric of metrics) {
      try {
        const { proposal, status } = await measure(client, autoscaler, metric, scaled, clock.now());
        proposals.push(proposal);
        statuses.push(status);
      } catch (error) {
        const failure = failureOf(metric, autoscaler.metadata.namespace!, messageOf(error));
        events.event({ kind: HORIZONTAL_POD_AUTOSCALERS, object: autoscaler }, 'Warning', failure.reason, failure.message);
        failures.push(failure);
        statuses.push({ type: '' });
      }
    }
    return { proposals, statuses, failure: decideFailure(failures, proposals, scaled.replicas) };
  }

  async function writeStatus(autoscaler: HorizontalPodAutoscaler, status: Status): Promise<void> {
    if (!equalJson(status, autoscaler.status)) await client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status }).catch(ignoreNotFound);
  } // prettier-ignore
}

function decideFailure(failures: readonly MetricFailure[], proposals: readonly Proposal[], current: number): Unable | undefined {
  const [first] = failures;
  if (!first || proposals.some(({ replicas }) => replicas >= current)) return undefined;
  const count = failures.length + proposals.length;
  const problem = `invalid metrics (${failures.length} invalid out of ${count}), first error is: failed to get ${first.subject}: ${first.message}`;
  return uncountable(first.reason, `the HPA was unable to compute the replica count: ${first.message}`, problem);
}
