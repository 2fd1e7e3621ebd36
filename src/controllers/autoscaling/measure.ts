import type { Millis } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, Pod, Selector } from '../../model/index.ts';
import type { Proposal } from './decide.ts';
import { proposeReplicas } from './replicas.ts';
import { milli, requestOf, usageOf } from './usage.ts';

export interface Scaled {
  readonly replicas: number;
  readonly selector: Selector;
  readonly pods: readonly Pod[];
}

export interface Measurement {
  readonly proposal: Proposal;
  readonly status: MetricStatus;
}

const TOLERANCE = 0.1;

/** Both need an adapter that serves them, and there is none. */
const NO_CUSTOM_METRICS = 'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
const NO_EXTERNAL_METRICS = 'unable to fetch metrics from external metrics API: the server could not find the requested resource';

/** What one metric of the autoscaler calls for. Throws why it cannot be known. */
export async function measure(client: Client, autoscaler: HorizontalPodAutoscaler, metric: MetricSpec, scaled: Scaled, now: Millis): Promise<Measurement> {
  const source = metric.resource ?? metric.containerResource;
  if (!source) throw new Error(metric.external ? NO_EXTERNAL_METRICS : NO_CUSTOM_METRICS);
  const { name, target } = source;
  const container = metric.containerResource?.container;
  const usage = await usageOf(client, autoscaler.metadata.namespace!, scaled.selector, name, container);
  const byShare = target.averageUtilization !== undefined;
  const requested = (pod: Pod) => requestOf(pod, name, container);
  const share = (target.averageUtilization ?? 100) / 100;
  const wanted = byShare ? (pod: Pod) => requested(pod) * share : () => milli(target.averageValue);
  const assumed = byShare ? (pod: Pod) => requested(pod) * Math.max(1, share) : () => milli(target.averageValue);
  const { behavior } = autoscaler.spec;
  const toleranceOf = (text: string | undefined) => (text === undefined ? TOLERANCE : milli(text) / 1000);
  const tolerance = { up: toleranceOf(behavior?.scaleUp?.tolerance), down: toleranceOf(behavior?.scaleDown?.tolerance) };
  const replicas = proposeReplicas({ ...scaled, usage, wanted, assumed, isCpu: name === 'cpu', tolerance }, now);
  const measured = scaled.pods.filter((pod) => usage.has(pod.metadata.name) && !pod.metadata.deletionTimestamp);
  const total = measured.reduce((sum, pod) => sum + usage.get(pod.metadata.name)!.value, 0);
  const requests = byShare ? measured.reduce((sum, pod) => sum + requested(pod), 0) : 0;
  const average = measured.length > 0 ? Math.floor(total / measured.length) : 0;
  const current = { ...(byShare && requests > 0 ? { averageUtilization: Math.trunc((total * 100) / requests) } : {}), averageValue: amount(average) };
  const what = container === undefined ? `${name} resource` : `${name} container resource`;
  return {
    proposal: { replicas, name: byShare ? `${what} utilization (percentage of request)` : what },
    status: container === undefined ? { type: 'Resource', resource: { name, current } } : { type: 'ContainerResource', containerResource: { name, container, current } },
  };
} // prettier-ignore

/** Of thousandths. */
const amount = (thousandths: number): string => (thousandths % 1000 === 0 ? String(thousandths / 1000) : `${thousandths}m`);
