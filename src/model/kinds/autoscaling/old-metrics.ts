import type { Metric, MetricSpec, MetricStatus, MetricTarget } from '../../types/index.ts';

/** The first version's form of a metric: flat, with the amounts beside the names. It lives in annotations. */
export interface OldMetric {
  readonly type: Metric<object>['type'] | '';
  readonly [source: string]: unknown;
}

type Amounts = Partial<MetricTarget>;
type Flat = Readonly<Record<string, unknown>>;
type Word = 'target' | 'current';

const SOURCE = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
} as const;

/** `targetAverageValue`, `currentAverageValue`. */
const named = (word: Word, field: string) => word + field.charAt(0).toUpperCase() + field.slice(1);

export const oldSpec = (metric: MetricSpec) => flatten(metric, 'target');
export const oldStatus = (metric: MetricStatus) => flatten(metric, 'current');
export const newSpec = (metric: OldMetric) => unfold(metric, 'target') as unknown as MetricSpec;
export const newStatus = (metric: OldMetric) => unfold(metric, 'current') as unknown as MetricStatus;

function flatten(metric: MetricSpec | MetricStatus, word: Word): OldMetric {
  if (metric.type === '') return { type: '' };
  const source = SOURCE[metric.type];
  const { describedObject, metric: measured, name, container, ...rest } = (metric[source] ?? {}) as Flat;
  const amounts = rest[word] as Amounts;
  const { name: metricName, selector } = (measured ?? {}) as Flat;
  const isExternal = metric.type === 'External';
  const flat = {
    ...(describedObject ? { target: describedObject } : {}),
    ...(metricName === undefined ? {} : { metricName }),
    ...(selector === undefined ? {} : { [isExternal ? 'metricSelector' : 'selector']: selector }),
    ...(name === undefined ? {} : { name }),
    ...(container === undefined ? {} : { container }),
    ...flatAmounts(metric.type, amounts ?? {}, word),
  };
  return { type: metric.type, [source]: flat };
}

function flatAmounts(type: OldMetric['type'], { value, averageValue, averageUtilization }: Amounts, word: Word): Flat {
  return {
    ...(averageUtilization === undefined ? {} : { [named(word, 'averageUtilization')]: averageUtilization }),
    ...(averageValue === undefined ? {} : { [type === 'Object' ? 'averageValue' : named(word, 'averageValue')]: averageValue }),
    ...(value === undefined ? {} : { [named(word, 'value')]: value }),
  };
}

function unfold(metric: OldMetric, word: Word): Flat {
  if (metric.type === '') return { type: '' };
  const source = SOURCE[metric.type];
  const flat = (metric[source] ?? {}) as Flat;
  const { target, metricName, selector, metricSelector, name, container } = flat;
  const labels = selector ?? metricSelector;
  const value = flat[named(word, 'value')];
  const averageValue = flat[named(word, 'averageValue')] ?? flat['averageValue'];
  const averageUtilization = flat[named(word, 'averageUtilization')];
  const amounts = {
    ...(word === 'target' ? { type: typeOf(value, averageValue, averageUtilization) } : {}),
    ...(value === undefined ? {} : { value }),
    ...(averageValue === undefined ? {} : { averageValue }),
    ...(averageUtilization === undefined ? {} : { averageUtilization }),
  };
  return {
    type: metric.type,
    [source]: {
      ...(target === undefined ? {} : { describedObject: target }),
      ...(metricName === undefined ? {} : { metric: { name: metricName, ...(labels === undefined ? {} : { selector: labels }) } }),
      ...(name === undefined ? {} : { name }),
      ...(container === undefined ? {} : { container }),
      [word]: amounts,
    },
  };
}

function typeOf(value: unknown, averageValue: unknown, averageUtilization: unknown): MetricTarget['type'] {
  if (averageUtilization !== undefined) return 'Utilization';
  return averageValue === undefined && value !== undefined ? 'Value' : 'AverageValue';
}
