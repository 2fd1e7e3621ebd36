import { equalJson, messageOf, type Millis } from '../../base/index.ts';
import {
  formatTime,
  HORIZONTAL_POD_AUTOSCALERS,
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
import { decideScale, type Proposal, type Said } from './decide.ts';
import { measure, type Scaled } from './measure.ts';

const PERIOD: Millis = 15_000;
const CPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };

/** An autoscaler whose turn ends early, with what it says of that. */
class Unable extends Error {
  readonly type: 'AbleToScale' | 'ScalingActive';
  readonly reason: string;

  constructor(type: Unable['type'], reason: string, message: string) {
    super(message);
    this.type = type;
    this.reason = reason;
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
      const measured = await measureAll(autoscaler, scaled);
      say('ScalingActive', { status: 'True', reason: 'ValidMetricFound', message: `the HPA was able to successfully calculate a replica count from ${measured.proposals[0]!.name}` });
      const decision = decideScale(autoscaler, current, measured.proposals, histories.get(key) ?? NO_HISTORY, now);
      say('AbleToScale', decision.able);
      say('ScalingLimited', decision.limited);
      status = { ...status, currentMetrics: measured.statuses, desiredReplicas: decision.replicas };
      histories.set(key, decision.history);
      if (decision.replicas !== current) {
        const { name } = autoscaler.spec.scaleTargetRef;
        await client.patch({ kind, name, namespace: autoscaler.metadata.namespace, subresource: 'scale' }, { type: 'merge', patch: { spec: { replicas: decision.replicas } } });
        events.event(about, 'Normal', 'SuccessfulRescale', `New size: ${decision.replicas}; reason: ${decision.because}`);
        say('AbleToScale', { status: 'True', reason: 'SucceededRescale', message: `the HPA controller was able to update the target scale to ${decision.replicas}` });
        const change = decision.replicas - current;
        histories.set(key, remember(decision.history, change > 0 ? { ups: change } : { downs: -change }, now));
        status = { ...status, lastScaleTime: formatTime(now) };
      }
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      if (error.reason !== 'ScalingDisabled') events.event(about, 'Warning', error.reason, error.message);
      say(error.type, { status: 'False', reason: error.reason, message: error.message });
    }
    const observedGeneration = autoscaler.metadata.generation;
    await writeStatus(autoscaler, { ...status, ...(observedGeneration ? { observedGeneration } : {}), conditions });
  } // prettier-ignore

  async function find({ metadata, spec }: HorizontalPodAutoscaler): Promise<Scaled & { readonly kind: KindRef<Manifest> }> {
    const { apiVersion = 'v1', kind: name, name: target } = spec.scaleTargetRef;
    const failed = (error: unknown) => new Unable('AbleToScale', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`);
    const kind = await client.kindOf(apiVersion, name);
    if (!kind) throw failed(`no matches for kind ${JSON.stringify(name)} in group version ${JSON.stringify(apiVersion)}`);
    const object = await client.get(kind, target, metadata.namespace).catch((error: unknown) => {
      throw failed(error);
    });
    const { replicas = 1, selector: given } = (object['spec'] ?? {}) as { replicas?: number; selector?: LabelSelector | Labels };
    const isPlain = given !== undefined && !('matchLabels' in given) && !('matchExpressions' in given);
    const selector = isPlain ? selectorFromLabels(given as Labels) : (selectorFrom(given as LabelSelector | undefined) ?? []);
    if (selector.length === 0) throw new Unable('ScalingActive', 'InvalidSelector', 'the HPA target\'s scale is missing a selector');
    return { kind, replicas, selector, pods: pods.list(metadata.namespace).filter((pod) => matches(selector, pod.metadata.labels)) };
  } // prettier-ignore

  /** Where one metric is unknown, the others may only make it grow. */
  async function measureAll(autoscaler: HorizontalPodAutoscaler, scaled: Scaled) {
    const proposals: Proposal[] = [];
    const statuses: MetricStatus[] = [];
    let failure: Unable | undefined;
    const { metrics } = autoscaler.spec;
    for (const metric of metrics?.length ? metrics : [CPU]) {
      try {
        const { proposal, status } = await measure(client, autoscaler, metric, scaled, clock.now());
        proposals.push(proposal);
        statuses.push(status);
      } catch (error) {
        const resource = metric.resource?.name ?? metric.containerResource?.name ?? metric.type;
        const message = `the HPA was unable to compute the replica count: failed to get ${resource} utilization: ${messageOf(error)}`;
        failure ??= new Unable('ScalingActive', `FailedGet${metric.type}Metric`, message);
      }
    }
    if (failure && proposals.every(({ replicas }) => replicas <= scaled.replicas)) throw failure;
    return { proposals, statuses };
  }

  async function writeStatus(autoscaler: HorizontalPodAutoscaler, status: NonNullable<HorizontalPodAutoscaler['status']>): Promise<void> {
    if (!equalJson(status, autoscaler.status)) await client.updateStatus(HORIZONTAL_POD_AUTOSCALERS, { ...autoscaler, status }).catch(ignoreNotFound);
  } // prettier-ignore
}
