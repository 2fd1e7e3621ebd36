import { parseNanos, pathSegment, type FieldPath } from '../../meta/index.ts';
import type { CrossVersionObjectReference, HorizontalPodAutoscaler, MetricSpec, MetricTarget, ScalingRules } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validatePositive } from '../rules/numbers.ts';
import { validateLabelSelector } from '../rules/selector.ts';

type Spec = HorizontalPodAutoscaler['spec'];

const SPEC: FieldPath = ['spec'];
const SOURCES = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
} as const;
const NEEDS_OTHERS = 'must specify at least one Object or External metric to support scaling to zero replicas';
const LONGEST_WINDOW = 3600;
const LONGEST_PERIOD = 1800;

export function validateAutoscaler({ scaleTargetRef, minReplicas: min, maxReplicas: max = 0, metrics = [], behavior }: Spec, old?: Spec): FieldProblem[] {
  return [
    ...(min !== undefined && min < 1 ? [invalid([...SPEC, 'minReplicas'], min, 'must be greater than or equal to 1')] : []),
    ...(max < 1 ? [invalid([...SPEC, 'maxReplicas'], max, 'must be greater than 0')] : []),
    ...(min !== undefined && max < min ? [invalid([...SPEC, 'maxReplicas'], max, 'must be greater than or equal to `minReplicas`')] : []),
    ...validateReference(scaleTargetRef, [...SPEC, 'scaleTargetRef']),
    ...(isSameKind(scaleTargetRef, old?.scaleTargetRef) ? [] : validateGroup(scaleTargetRef)),
    ...metrics.flatMap((metric, i) => validateMetric(metric, [...SPEC, 'metrics', i])),
    ...(min === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External') ? [forbidden([...SPEC, 'metrics'], NEEDS_OTHERS)] : []),
    ...validateScalingRules(behavior?.scaleUp, [...SPEC, 'behavior', 'scaleUp']),
    ...validateScalingRules(behavior?.scaleDown, [...SPEC, 'behavior', 'scaleDown']),
  ];
} // prettier-ignore

type Reference = Partial<CrossVersionObjectReference> | undefined;

const isSameKind = (target: Reference, old: Reference) =>
  old !== undefined && old.kind === target?.kind && old.apiVersion === target?.apiVersion;

/** All that can be scaled has a group, but for one. */
function validateGroup({ apiVersion = '', kind }: NonNullable<Reference> = {}): FieldProblem[] {
  const path = [...SPEC, 'scaleTargetRef', 'apiVersion'];
  const parts = apiVersion.split('/');
  if (parts.length > 2) return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const hasGroup = parts.length === 2 && parts[0] !== '';
  return hasGroup || kind === 'ReplicationController' ? [] : [invalid(path, apiVersion, 'apiVersion must specify API group')];
}

function validateReference(reference: Reference, path: FieldPath): FieldProblem[] {
  return (['kind', 'name'] as const).flatMap((field) => {
    const text = reference?.[field];
    return text ? pathSegment(text).map((why) => invalid([...path, field], text, why)) : [required([...path, field])];
  });
}

function validateMetric(metric: MetricSpec, path: FieldPath): FieldProblem[] {
  const { type } = metric;
  if (!type) return [required([...path, 'type'], 'must specify a metric source type')];
  const source = SOURCES[type];
  if (!source) return [notSupported([...path, 'type'], type, Object.keys(SOURCES))];
  const others = Object.values(SOURCES).filter((other) => other !== source && metric[other] !== undefined);
  return [
    ...(metric[source] ? validateSource(metric, source, [...path, source]) : [required([...path, source], missing(source))]),
    ...others.map((other) => forbidden([...path, other], 'must populate the given metric source only')),
  ];
}

const missing = (source: string) => `must populate information for the given metric source (${source})`;

function validateSource(spec: MetricSpec, source: (typeof SOURCES)[keyof typeof SOURCES], path: FieldPath): FieldProblem[] {
  const { target } = spec[source]!;
  const at = [...path, 'target'];
  const common = validateTarget(target, at);
  switch (source) {
    case 'resource':
    case 'containerResource': {
      const { name } = spec[source]!;
      const container = source === 'containerResource' && !spec.containerResource!.container;
      return [
        ...(name ? [] : [required([...path, 'name'], 'must specify a resource name')]),
        ...(container ? [required([...path, 'container'], 'must specify a container')] : []),
        ...common,
        ...validateResourceTarget(target, at),
      ];
    }
    case 'pods':
      return [...validateMetricName(spec.pods!.metric, path), ...common, ...validateAverage(target, at)];
    case 'object':
      return [
        ...validateReference(spec.object!.describedObject, [...path, 'describedObject']),
        ...validateMetricName(spec.object!.metric, path),
        ...common,
        ...validateAmount(target, at),
      ];
    case 'external':
      return [...validateMetricName(spec.external!.metric, path), ...common, ...validateAmount(target, at)];
  }
}

function validateMetricName(metric: { name: string; selector?: object } | undefined, path: FieldPath): FieldProblem[] {
  const { name, selector } = metric ?? {};
  return [
    ...(name
      ? pathSegment(name).map((why) => invalid([...path, 'metric', 'name'], name, why))
      : [required([...path, 'metric', 'name'], 'must specify a metric name')]),
    ...validateLabelSelector(selector, [...path, 'metric', 'selector']),
  ];
}

function validateTarget(target: MetricTarget | undefined, path: FieldPath): FieldProblem[] {
  const { type, averageUtilization } = target ?? ({} as Partial<MetricTarget>);
  return [
    ...(!type ? [required([...path, 'type'], 'must specify a metric target type')] : []),
    ...(type && !['Utilization', 'Value', 'AverageValue'].includes(type)
      ? [invalid([...path, 'type'], type, 'must be either Utilization, Value, or AverageValue')]
      : []),
    ...(['value', 'averageValue'] as const).flatMap((field) => {
      const amount = target?.[field];
      return amount !== undefined && (parseNanos(amount) ?? 0n) <= 0n ? [invalid([...path, field], amount, 'must be positive')] : [];
    }),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalid([...path, 'averageUtilization'], averageUtilization, 'must be greater than 0')]
      : []),
  ];
}

function validateResourceTarget(target: MetricTarget | undefined, path: FieldPath): FieldProblem[] {
  const { averageUtilization, averageValue } = target ?? ({} as Partial<MetricTarget>);
  if (averageUtilization === undefined && averageValue === undefined) {
    return [required([...path, 'averageUtilization'], 'must set either a target raw value or a target utilization')];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  return [forbidden([...path, 'averageValue'], 'may not set both a target raw value and a target utilization')];
}

function validateAverage(target: MetricTarget | undefined, path: FieldPath): FieldProblem[] {
  return target?.averageValue === undefined ? [required([...path, 'averageValue'], 'must specify a positive target averageValue')] : [];
}

function validateAmount(target: MetricTarget | undefined, path: FieldPath): FieldProblem[] {
  const { value, averageValue } = target ?? ({} as Partial<MetricTarget>);
  if (value === undefined && averageValue === undefined) {
    return [required([...path, 'averageValue'], 'must set either a target value for metric or a per-pod target')];
  }
  if (value === undefined || averageValue === undefined) return [];
  return [forbidden([...path, 'value'], 'may not set both a target value for metric and a per-pod target')];
}

function validateScalingRules(rules: ScalingRules | undefined, path: FieldPath): FieldProblem[] {
  if (!rules) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules;
  const at = [...path, 'stabilizationWindowSeconds'];
  return [
    ...(window !== undefined && window < 0 ? [invalid(at, window, 'must be greater than or equal to zero')] : []),
    ...(window !== undefined && window > LONGEST_WINDOW ? [invalid(at, window, `must be less than or equal to ${LONGEST_WINDOW}`)] : []),
    ...(selectPolicy && !['Disabled', 'Max', 'Min'].includes(selectPolicy)
      ? [notSupported([...path, 'selectPolicy'], selectPolicy, ['Disabled', 'Max', 'Min'])]
      : []),
    ...(policies.length === 0 ? [required([...path, 'policies'], 'must specify at least one Policy')] : []),
    ...policies.flatMap(({ type, value, periodSeconds: period }, i) => [
      ...(type === 'Pods' || type === 'Percent' ? [] : [notSupported([...path, 'policies', i, 'type'], type, ['Percent', 'Pods'])]),
      ...validatePositive(value, [...path, 'policies', i, 'value']),
      ...validatePositive(period, [...path, 'policies', i, 'periodSeconds']),
      ...(period > LONGEST_PERIOD
        ? [invalid([...path, 'policies', i, 'periodSeconds'], period, `must be less than or equal to ${LONGEST_PERIOD}`)]
        : []),
    ]),
    ...(tolerance !== undefined && (parseNanos(tolerance) ?? 0n) < 0n
      ? [invalid([...path, 'tolerance'], tolerance, 'must be greater or equal to zero')]
      : []),
  ];
}
