import type { MetricSpec, MetricStatus, MetricTarget } from '../../types/index.ts';
import { NONE, UNKNOWN } from './columns.ts';

const SHOWN = 2;

/** `cpu: 12%/80%, 100m/1k (avg)`: what is measured against what is wished. */
export function metricsCell(specs: readonly MetricSpec[], found: readonly MetricStatus[]): string {
  if (specs.length === 0) return NONE;
  const texts = specs.map((spec, i) => metricText(spec, found[i]));
  const more = texts.length > SHOWN ? ` + ${texts.length - SHOWN} more...` : '';
  return texts.slice(0, SHOWN).join(', ') + more;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'Resource':
      return `${spec.resource?.name}: ${resourceText(spec.resource?.target, status?.resource?.current)}`;
    case 'ContainerResource':
      return `${spec.containerResource?.name}: ${resourceText(spec.containerResource?.target, status?.containerResource?.current)}`;
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${spec.pods?.target.averageValue}`;
    case 'Object':
      return amountText(spec.object?.target, status?.object?.current);
    case 'External':
      return amountText(spec.external?.target, status?.external?.current);
    default:
      return '<unknown type>';
  }
}

type Current = MetricStatus['resource'] extends infer S ? (S extends { readonly current: infer C } ? C : never) : never;

function resourceText(target: MetricTarget | undefined, current: Current | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  return `${now}/${target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}

function amountText(target: MetricTarget | undefined, current: Current | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
  return `${current?.value ?? UNKNOWN}/${target?.value}`;
}
