import type { Condition, KindRef, KubeObject, LabelSelector } from '../meta/index.ts';

export interface CrossVersionObjectReference {
  readonly apiVersion?: string;
  readonly kind: string;
  readonly name: string;
}

export interface MetricTarget {
  readonly type: 'Utilization' | 'Value' | 'AverageValue';
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

interface MetricIdentifier {
  readonly name: string;
  readonly selector?: LabelSelector;
}

/** What is measured: a wish in a spec (`target`), what was found in a status (`current`). */
export interface Metric<Amount> {
  readonly type: 'Object' | 'Pods' | 'Resource' | 'ContainerResource' | 'External';
  readonly object?: Amount & { readonly describedObject: CrossVersionObjectReference; readonly metric: MetricIdentifier };
  readonly pods?: Amount & { readonly metric: MetricIdentifier };
  readonly resource?: Amount & { readonly name: string };
  readonly containerResource?: Amount & { readonly name: string; readonly container: string };
  readonly external?: Amount & { readonly metric: MetricIdentifier };
}

export type MetricSpec = Metric<{ readonly target: MetricTarget }>;
type Found = Metric<{ readonly current: Omit<MetricTarget, 'type'> }>;
/** In the place of its metric: without a type where that could not be got. */
export type MetricStatus = Omit<Found, 'type'> & { readonly type: Found['type'] | '' };

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: 'Max' | 'Min' | 'Disabled';
  readonly policies?: readonly { readonly type: 'Pods' | 'Percent'; readonly value: number; readonly periodSeconds: number }[];
  readonly tolerance?: string;
}

export interface HorizontalPodAutoscaler extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: CrossVersionObjectReference;
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly MetricSpec[];
    readonly behavior?: { readonly scaleUp?: ScalingRules; readonly scaleDown?: ScalingRules };
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastScaleTime?: string;
    readonly currentReplicas?: number;
    readonly desiredReplicas: number;
    readonly currentMetrics?: readonly MetricStatus[] | null;
    readonly conditions?: readonly Condition[];
  };
}

/** The first version: it knows the processor only, and keeps all else in annotations. */
export interface HorizontalPodAutoscalerV1 extends KubeObject {
  readonly spec: {
    readonly scaleTargetRef: CrossVersionObjectReference;
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly targetCPUUtilizationPercentage?: number;
  };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly lastScaleTime?: string;
    readonly currentReplicas: number;
    readonly desiredReplicas: number;
    readonly currentCPUUtilizationPercentage?: number;
  };
}

const autoscaling = <T>(version: string): KindRef<T> => ({
  group: 'autoscaling',
  version,
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
});

export const HORIZONTAL_POD_AUTOSCALERS = autoscaling<HorizontalPodAutoscaler>('v2');
export const HORIZONTAL_POD_AUTOSCALERS_V1 = autoscaling<HorizontalPodAutoscalerV1>('v1');
