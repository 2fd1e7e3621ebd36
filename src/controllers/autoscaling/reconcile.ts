import { equalJson, messageOf, type Millis } from '../../base/index.ts';
import {
  formatSelector,
  formatTime,
  HORIZONTAL_POD_AUTOSCALERS,
  keyOf,
  matches,
  PODS,
  selectorFrom,
  selectorFromLabels,
  type Condition,
  type HorizontalPodAutoscaler,
  type KindRef,
  type LabelSelector,
  type Labels,
  type Manifest,
  type MetricSpec,
  type MetricStatus,
  type ObjectKey,
} from '../../model/index.ts';
import { withCondition } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { NO_HISTORY, remember, type ScaleHistory } from './behavior.ts';
import { backWithinBounds, decideScale, type Proposal, type Said } from './decide.ts';
import { failureOf, type MetricFailure } from './failures.ts';
import { measure, type Scaled } from './measure.ts';

const PERIOD: Millis = 15_000;
const CPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

/** An autoscaler whose turn ends early: its message is that of a condition, and an event may tell of it in other words. */
class Unable extends Error {
  readonly type: 'AbleToScale' | 'ScalingActive';
  readonly reason: string;
  readonly event: { readonly reason: string; readonly message: string } | undefined;

  constructor(type: Unable['type'], reason: string, message: string, event?: Unable['event']) {
    super(message);
    this.type = type;
    this.reason = reason;
    this.event = event;
  }
}

export function autoscalerReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const autoscalers = client.informer(HORIZONTAL_POD_AUTOSCALERS);
  const pods = client.informer(PODS);
  const histories = new Map<ObjectKey, ScaleHistory>();

  return async (key: ObjectKey): Promise<Outcome> => {
    const autoscaler = autoscalers.get(key);
    if (!autoscaler) {
      histories.delete(key);
      return SETTLED;
    }
    await scale(key, autoscaler);
    return { kind: 'waiting', afterMs: PERIOD, on: 'the next look at the metrics' };
  };

  async function scale(key: ObjectKey, autoscaler: HorizontalPodAutoscaler): Promise<void> {
    const about = { kind: HORIZONTAL_POD_AUTOSCALERS, object: autoscaler };
    const now = clock.now();
    let conditions: readonly Condition[] = autoscaler.status?.conditions ?? [];
    const say = (type: string, { status, reason, message }: Said) => (conditions = withCondition(conditions, { type, status, reason, message }, now));
    let status: NonNullable<HorizontalPodAutoscaler['status']> = { ...autoscaler.status, desiredReplicas: autoscaler.status?.desiredReplicas ?? 0 };
    try {
      const { kind, ...scaled } = await find(autoscaler);
      const current = scaled.replicas;
      status = { ...status, currentReplicas: current };
      say('AbleToScale', { status: 'True', reason: 'SucceededGetScale', message: "the HPA controller was able to get the target's current scale" });
      if (current === 0) throw new Unable('ScalingActive', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      let decision = backWithinBounds(autoscaler, current);
      if (!decision) {
        const measured = await measureAll(autoscaler, scaled);
        say('ScalingActive', { status: 'True', reason: 'ValidMetricFound', message: `the HPA was able to successfully calculate a replica count from ${measured.proposals[0]!.name}` });
        const { able, limited, history, ...wanted } = decideScale(autoscaler, current, measured.proposals, histories.get(key) ?? NO_HISTORY, now);
        say('AbleToScale', able);
        say('ScalingLimited', limited);
        status = { ...status, currentMetrics: measured.statuses };
        histories.set(key, history);
        decision = wanted;
      }
      const { replicas, because } = decision;
      status = { ...status, desiredReplicas: replicas };
      if (replicas !== current) {
        const { name } = autoscaler.spec.scaleTargetRef;
        const target = { kind, name, namespace: autoscaler.metadata.namespace, subresource: 'scale' } as const;
        await client.patch(target, { type: 'merge', patch: { spec: { replicas } } }).catch((error: unknown) => {
          const message = `New size: ${replicas}; reason: ${because}; error: ${messageOf(error)}`;
          throw new Unable('AbleToScale', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${messageOf(error)}`, { reason: 'FailedRescale', message });
        });
        events.event(about, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${because}`);
        say('AbleToScale', { status: 'True', reason: 'SucceededRescale', message: `the HPA controller was able to update the target scale to ${replicas}` });
        const change = replicas - current;
        histories.set(key, remember(histories.get(key) ?? NO_HISTORY, change > 0 ? { ups: change } : { downs: -change }, now));
        status = { ...status, lastScaleTime: formatTime(now) };
      }
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      if (error.event) events.event(about, 'Warning', error.event.reason, error.event.message);
      say(error.type, { status: 'False', reason: error.reason, message: error.message });
    }
    const observedGeneration = autoscaler.metadata.generation;
    await writeStatus(autoscaler, { ...status, ...(observedGeneration ? { observedGeneration } : {}), conditions });
  } // prettier-ignore

  async function find({ metadata, spec }: HorizontalPodAutoscaler): Promise<Scaled & { readonly kind: KindRef<Manifest> }> {
    const { apiVersion = 'v1', kind: name, name: target } = spec.scaleTargetRef;
    const failed = (problem: string) => {
      const reason = 'FailedGetScale';
      return new Unable('AbleToScale', reason, `the HPA controller was unable to get the target's current scale: ${problem}`, { reason, message: problem });
    };
    const kind = await client.kindOf(apiVersion, name);
    if (!kind) throw failed(`no matches for kind ${JSON.stringify(name)} in group version ${JSON.stringify(apiVersion)}`);
    const object = await client.get(kind, target, metadata.namespace).catch((error: unknown) => {
      throw failed(messageOf(error));
    });
    const { replicas = 1, selector: given } = (object['spec'] ?? {}) as { replicas?: number; selector?: LabelSelector | Labels };
    const isPlain = given !== undefined && !('matchLabels' in given) && !('matchExpressions' in given);
    const selector = isPlain ? selectorFromLabels(given as Labels) : (selectorFrom(given as LabelSelector | undefined) ?? []);
    if (selector.length === 0) {
      throw new Unable('ScalingActive', 'InvalidSelector', "the HPA target's scale is missing a selector", { reason: 'SelectorRequired', message: 'selector is required' });
    }
    return { kind, replicas, selector, pods: pods.list(metadata.namespace).filter((pod) => matches(selector, pod.metadata.labels)) };
  } // prettier-ignore

  /** Two that scale the same thing would undo each other's work. */
  function forbidRivals({ metadata: { namespace }, spec }: HorizontalPodAutoscaler, { selector }: Scaled): void {
    const { kind, name } = spec.scaleTargetRef;
    const all = autoscalers.list(namespace).filter(({ spec: { scaleTargetRef: other } }) => other.kind === kind && other.name === name);
    if (all.length <= 1) return;
    const names = all.map(keyOf).toSorted().join(' ');
    const message = `pods by selector ${formatSelector(selector)} are controlled by multiple HPAs: [${names}]`;
    throw new Unable('ScalingActive', 'AmbiguousSelector', message, { reason: 'AmbiguousSelector', message });
  }

  /** Where one metric is unknown, the others may only make it grow. */
  async function measureAll(autoscaler: HorizontalPodAutoscaler, scaled: Scaled) {
    forbidRivals(autoscaler, scaled);
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
      }
    }
    const [first] = failures;
    if (first && proposals.every(({ replicas }) => replicas < scaled.replicas)) {
      const message = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: failed to get ${first.subject}: ${first.message}`;
      throw new Unable('ScalingActive', first.reason, `the HPA was unable to compute the replica count: ${first.message}`, {
        reason: 'FailedComputeMetricsReplicas',
        message,
      });
    }
    return { proposals, statuses };
  }

  async function writeStatus(autoscaler: HorizontalPodAutoscaler, status: NonNullable<HorizontalPodAutoscaler['status']>): Promise<void> {
    if (!equalJson(status, autoscaler.status)) await client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status }).catch(ignoreNotFound);
  } // prettier-ignore
}
