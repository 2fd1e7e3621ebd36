import type { Millis } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import {
  formatQuantity,
  type HorizontalPodAutoscaler,
  type MetricSpec,
  type MetricStatus,
  type Pod,
  type Selector,
} from '../../model/index.ts';
import type { Proposal } from './decide.ts';
import { proposeReplicas, type Demand, type Goal } from './replicas.ts';
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
const noExternalMetric = (name: string) => `${NO_EXTERNAL_METRICS} (get ${name}.external.metrics.k8s.io)`;

/** What one metric of the autoscaler calls for. Throws why it cannot be known. */
export async function measure(client: Client, autoscaler: HorizontalPodAutoscaler, metric: MetricSpec, scaled: Scaled, now: Millis): Promise<Measurement> {
  const source = metric.resource ?? metric.containerResource;
  if (!source) throw new Error(metric.external ? noExternalMetric(metric.external.metric.name) : NO_CUSTOM_METRICS);
  const { name, target } = source;
  const container = metric.containerResource?.container;
  const usage = await usageOf(client, autoscaler.metadata.namespace!, scaled.selector, name, container);
  const { averageUtilization: percent } = target;
  const goal: Goal = percent === undefined ? { kind: 'average', amount: milli(target.averageValue) } : { kind: 'utilization', percent, requestOf: requests(scaled.pods, name, container) };
  const demand = proposeReplicas({ ...scaled, usage, goal, isCpu: name === 'cpu', tolerance: toleranceOf(autoscaler) }, now);
  const current = currentOf(demand);
  const share = `${name} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`;
  return {
    proposal: { replicas: demand.replicas, name: percent === undefined ? `${name} resource` : share },
    status: container === undefined ? { type: 'Resource', resource: { name, current } } : { type: 'ContainerResource', containerResource: { name, container, current } },
  };
} // prettier-ignore

/** Once it matters what one pod asks for, every pod has to say it, also one that nobody measured. */
function requests(pods: readonly Pod[], resource: string, container: string | undefined): (pod: Pod) => number {
  let known: ReadonlyMap<Pod, number> | undefined;
  return (pod) => (known ??= new Map(pods.map((each) => [each, requestOf(each, resource, container)]))).get(pod)!;
}

function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler): { readonly up: number; readonly down: number } {
  const read = (text: string | undefined) => (text === undefined ? TOLERANCE : milli(text) / 1000);
  return { up: read(behavior?.scaleUp?.tolerance), down: read(behavior?.scaleDown?.tolerance) };
}

function currentOf({ utilization, average }: Demand): { readonly averageUtilization?: number; readonly averageValue: string } {
  const averageValue = formatQuantity({ nanos: BigInt(average) * 1_000_000n, form: 'decimal' });
  return { ...(utilization === undefined ? {} : { averageUtilization: utilization }), averageValue };
}
