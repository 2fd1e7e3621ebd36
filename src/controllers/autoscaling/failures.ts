import { printSelector, type MetricSpec } from '../../model/index.ts';

export interface MetricFailure {
  readonly reason: string;
  readonly message: string;
  /** What the message is about, in Kubernetes' words. */
  readonly subject: string;
}

/** Says in Kubernetes' words that a metric could not be got. */
export function failureOf(metric: MetricSpec, namespace: string, problem: string): MetricFailure {
  const reason = `FailedGet${metric.type}Metric`;
  const { resource, containerResource, pods, object, external } = metric;
  const source = resource ?? containerResource;
  if (source) {
    const what = source.target.averageUtilization === undefined ? 'usage' : 'utilization';
    const subject = `${source.name} ${resource ? 'resource' : 'container'} metric value`;
    return { reason, message: `failed to get ${source.name} ${what}: ${problem}`, subject };
  }
  if (external) {
    const { name, selector } = external.metric;
    const message = `unable to get external metric ${namespace}/${name}/${printSelector(selector)}: ${problem}`;
    return { reason, message, subject: `${name} external metric value` };
  }
  const name = (pods ?? object)?.metric.name;
  const at = object ? `${object.describedObject.kind} on ${namespace} ${object.describedObject.name}/` : '';
  return { reason, message: `unable to get metric ${name}: ${at}${problem}`, subject: `${object ? 'object' : 'pods'} metric value` };
}
