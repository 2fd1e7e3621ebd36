import { dns1123Subdomain } from '../../meta/index.ts';
import { HORIZONTAL_POD_AUTOSCALERS, type HorizontalPodAutoscaler, type ScalingRules } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn, UNSET } from '../columns/columns.ts';
import { metricsCell } from '../columns/metrics.ts';
import { validateCounts } from '../rules/status.ts';
import { declareKind, type Declaration } from '../declare.ts';
import type { Cell } from '../kind.ts';
import { validateAutoscaler } from './autoscaler-rules.ts';

type Spec = HorizontalPodAutoscaler['spec'];

/** In per cent of what its pods ask for. */
export const DEFAULT_CPU = 80;

const PERCENT = { type: 'Percent', value: 100, periodSeconds: 15 } as const;
const SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, PERCENT],
};
const SCALE_DOWN: ScalingRules = { selectPolicy: 'Max', policies: [PERCENT] };

/** What both versions are called. */
export const AUTOSCALER_NAMES = {
  name: dns1123Subdomain,
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: ['status'],
  columns: [NAME, ...['Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas'].map(textColumn), AGE],
} as const satisfies Partial<Declaration<HorizontalPodAutoscaler>>;

export const HORIZONTAL_POD_AUTOSCALER = declareKind<HorizontalPodAutoscaler>({
  ref: HORIZONTAL_POD_AUTOSCALERS,
  schema: { definition: 'autoscaling.v2.HorizontalPodAutoscaler' },
  ...AUTOSCALER_NAMES,
  defaults: (autoscaler) => ({
    ...autoscaler,
    spec: defaultSpec(autoscaler.spec ?? {}),
    ...(autoscaler.status ? { status: { ...autoscaler.status, currentMetrics: autoscaler.status.currentMetrics ?? null } } : {}),
  }),
  initialStatus: () => ({ desiredReplicas: 0, currentMetrics: null }),
  validate: ({ spec }, old) => validateAutoscaler(spec, old?.spec),
  validateStatus: ({ status }) => validateCounts(status, ['currentReplicas', 'desiredReplicas']),
  row: autoscalerRow,
});

export function autoscalerRow(autoscaler: HorizontalPodAutoscaler, clock: Parameters<typeof ageOf>[1]): readonly Cell[] {
  const { metadata, spec, status } = autoscaler;
  const { scaleTargetRef: target, minReplicas } = spec;
  return [
    metadata.name,
    `${target?.kind ?? ''}/${target?.name ?? ''}`,
    metricsCell(spec.metrics ?? [], status?.currentMetrics ?? []),
    minReplicas === undefined ? UNSET : String(minReplicas),
    spec.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    ageOf(autoscaler, clock),
  ];
}

function defaultSpec(spec: Spec): Spec {
  const { metrics = [], behavior } = spec;
  const target = { type: 'Utilization', averageUtilization: DEFAULT_CPU } as const;
  return {
    ...spec,
    minReplicas: spec.minReplicas ?? 1,
    metrics: metrics.length > 0 ? metrics : [{ type: 'Resource', resource: { name: 'cpu', target } }],
    ...(behavior
      ? { behavior: { ...behavior, scaleUp: { ...SCALE_UP, ...behavior.scaleUp }, scaleDown: { ...SCALE_DOWN, ...behavior.scaleDown } } }
      : {}),
  };
}
