import {
  HORIZONTAL_POD_AUTOSCALERS,
  HORIZONTAL_POD_AUTOSCALERS_V1,
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerV1,
  type MetricSpec,
  type MetricStatus,
} from '../../types/index.ts';
import { apiVersionOf, type ObjectMeta } from '../../meta/index.ts';
import { newSpec, newStatus, oldSpec, oldStatus, type OldMetric } from './old-metrics.ts';

/** Where the first version keeps what it has no field for, so that nothing is lost on the way there and back. */
export const ANNOTATIONS = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const;

type Notes = Partial<Record<keyof typeof ANNOTATIONS, unknown>>;

const isProcessor = ({ type, resource }: MetricSpec | MetricStatus) => type === 'Resource' && resource?.name === 'cpu';

export function asOld(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { metadata, spec, status } = autoscaler;
  const { metrics = [], behavior, ...others } = spec;
  const processor = metrics.find((metric) => isProcessor(metric) && metric.resource!.target.averageUtilization !== undefined);
  const rest = metrics.filter((metric) => metric !== processor);
  const { currentMetrics, conditions, ...told } = status ?? { desiredReplicas: 0 };
  const measured = currentMetrics?.find((metric) => isProcessor(metric) && metric.resource!.current.averageUtilization !== undefined);
  const percent = processor?.resource!.target.averageUtilization;
  const found = measured?.resource!.current.averageUtilization;
  const notes: Notes = {
    metrics: rest.length > 0 ? rest.map(oldSpec) : undefined,
    behavior,
    currentMetrics: currentMetrics?.length ? currentMetrics.map(oldStatus) : undefined,
    conditions: conditions?.length ? conditions : undefined,
  };
  return {
    ...autoscaler,
    apiVersion: apiVersionOf(HORIZONTAL_POD_AUTOSCALERS_V1),
    metadata: withNotes(metadata, notes),
    spec: { ...others, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
    status: {
      ...told,
      currentReplicas: told.currentReplicas ?? 0,
      ...(found === undefined ? {} : { currentCPUUtilizationPercentage: found }),
    },
  };
}

export function asNew(autoscaler: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const { metadata, spec, status } = autoscaler;
  const { targetCPUUtilizationPercentage: percent, ...others } = spec;
  const notes = readNotes(metadata);
  const target = { type: 'Utilization', averageUtilization: percent! } as const;
  const processor: readonly MetricSpec[] = percent === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', target } }];
  const metrics = [...listOf(notes.metrics).map(newSpec), ...processor];
  return {
    ...autoscaler,
    apiVersion: apiVersionOf(HORIZONTAL_POD_AUTOSCALERS),
    metadata: withNotes(metadata, {}),
    spec: { ...others, ...(metrics.length > 0 ? { metrics } : {}), ...(notes.behavior ? { behavior: notes.behavior as object } : {}) },
    ...(status ? { status: newStatusOf(status, notes) } : {}),
  };
}

function newStatusOf(status: NonNullable<HorizontalPodAutoscalerV1['status']>, notes: Notes): HorizontalPodAutoscaler['status'] {
  const { currentCPUUtilizationPercentage: percent, currentReplicas, ...told } = status;
  const noted = listOf(notes.currentMetrics).map(newStatus);
  const alone: readonly MetricStatus[] =
    percent === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } }];
  const found = noted.length > 0 ? noted : alone;
  return {
    ...told,
    ...(currentReplicas ? { currentReplicas } : {}),
    currentMetrics: found.length > 0 ? found : null,
    ...(notes.conditions ? { conditions: notes.conditions as [] } : {}),
  };
}

const listOf = (note: unknown) => (Array.isArray(note) ? (note as readonly OldMetric[]) : []);

/** An annotation that does not parse says nothing. */
function readNotes({ annotations = {} }: ObjectMeta): Notes {
  const notes: Notes = {};
  for (const [name, annotation] of Object.entries(ANNOTATIONS) as [keyof typeof ANNOTATIONS, string][]) {
    try {
      notes[name] = JSON.parse(annotations[annotation] ?? 'null') ?? undefined;
    } catch {
      notes[name] = undefined;
    }
  }
  return notes;
}

function withNotes(metadata: ObjectMeta, notes: Notes): ObjectMeta {
  const own: readonly string[] = Object.values(ANNOTATIONS);
  const kept = Object.entries(metadata.annotations ?? {}).filter(([annotation]) => !own.includes(annotation));
  const told = Object.entries(notes).flatMap(([name, note]) =>
    note === undefined ? [] : [[ANNOTATIONS[name as keyof typeof ANNOTATIONS], JSON.stringify(note)] as const],
  );
  const { annotations: _, ...others } = metadata;
  return kept.length + told.length === 0 ? others : { ...others, annotations: Object.fromEntries([...kept, ...told]) };
}
