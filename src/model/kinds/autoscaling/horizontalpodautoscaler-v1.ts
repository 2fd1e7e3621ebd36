import type { Manifest } from '../../meta/index.ts';
import {
  HORIZONTAL_POD_AUTOSCALERS,
  HORIZONTAL_POD_AUTOSCALERS_V1,
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerV1,
} from '../../types/index.ts';
import { validateCounts } from '../rules/status.ts';
import { declareKind } from '../declare.ts';
import { validateAutoscaler } from './autoscaler-rules.ts';
import { asOld, asNew, ANNOTATIONS } from './conversion.ts';
import { AUTOSCALER_NAMES, autoscalerRow, DEFAULT_CPU } from './horizontalpodautoscaler.ts';

/** The first version of what is stored in the second. */
export const HORIZONTAL_POD_AUTOSCALER_V1 = declareKind<HorizontalPodAutoscalerV1>({
  ref: HORIZONTAL_POD_AUTOSCALERS_V1,
  schema: { definition: 'autoscaling.v1.HorizontalPodAutoscaler' },
  ...AUTOSCALER_NAMES,
  stored: {
    version: HORIZONTAL_POD_AUTOSCALERS.version,
    read: (stored) => asOld(stored as unknown as HorizontalPodAutoscaler) as unknown as Manifest,
    write: (object) => asNew(object as unknown as HorizontalPodAutoscalerV1) as unknown as Manifest,
  },
  defaults: (autoscaler) => ({ ...autoscaler, spec: defaultSpec(autoscaler) }),
  initialStatus: () => ({ currentReplicas: 0, desiredReplicas: 0 }),
  validate: (autoscaler, old) => validateAutoscaler(asNew(autoscaler).spec, old && asNew(old).spec),
  validateStatus: ({ status }) => validateCounts(status, ['currentReplicas', 'desiredReplicas']),
  row: (autoscaler, clock) => autoscalerRow(asNew(autoscaler), clock),
});

function defaultSpec({ metadata, spec }: HorizontalPodAutoscalerV1): HorizontalPodAutoscalerV1['spec'] {
  const { minReplicas = 1, targetCPUUtilizationPercentage = DEFAULT_CPU } = spec ?? {};
  const measuresOther = metadata.annotations?.[ANNOTATIONS.metrics] !== undefined && spec?.targetCPUUtilizationPercentage === undefined;
  return { ...spec, minReplicas, ...(measuresOther ? {} : { targetCPUUtilizationPercentage }) };
}
