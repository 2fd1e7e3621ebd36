import type { Condition, IntOrString, KindRef, KubeObject, LabelSelector } from '../meta/index.ts';
import type { ResourceList } from './containers.ts';
import type { Toleration } from './placement.ts';

export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/** How much a namespace may take in all. */
export interface ResourceQuota extends KubeObject {
  readonly spec?: {
    readonly hard?: ResourceList;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}

export interface LimitRangeItem {
  readonly type: string;
  readonly max?: ResourceList;
  readonly min?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

/** How much one pod, container or claim of a namespace may take. */
export interface LimitRange extends KubeObject {
  readonly spec?: { readonly limits?: readonly LimitRangeItem[] };
}

export interface PodDisruptionBudget extends KubeObject {
  readonly spec?: {
    readonly minAvailable?: IntOrString;
    readonly maxUnavailable?: IntOrString;
    readonly selector?: LabelSelector;
    readonly unhealthyPodEvictionPolicy?: 'IfHealthyBudget' | 'AlwaysAllow';
  };
  readonly status?: {
    readonly observedGeneration?: number;
    /** Pods whose eviction was allowed and that are not yet seen to go, by name, and since when. */
    readonly disruptedPods?: Readonly<Record<string, string>>;
    readonly disruptionsAllowed: number;
    readonly currentHealthy: number;
    readonly desiredHealthy: number;
    readonly expectedPods: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface PriorityClass extends KubeObject {
  readonly value: number;
  readonly globalDefault?: boolean;
  readonly description?: string;
  readonly preemptionPolicy?: 'PreemptLowerPriority' | 'Never';
}

export interface RuntimeClass extends KubeObject {
  readonly handler: string;
  readonly overhead?: { readonly podFixed?: ResourceList };
  readonly scheduling?: { readonly nodeSelector?: Readonly<Record<string, string>>; readonly tolerations?: readonly Toleration[] };
}

const ref = <T>(group: string, kind: string, plural: string, namespaced: boolean): KindRef<T> => ({
  group,
  version: 'v1',
  kind,
  plural,
  namespaced,
});

export const RESOURCE_QUOTAS = ref<ResourceQuota>('', 'ResourceQuota', 'resourcequotas', true);
export const LIMIT_RANGES = ref<LimitRange>('', 'LimitRange', 'limitranges', true);
export const POD_DISRUPTION_BUDGETS = ref<PodDisruptionBudget>('policy', 'PodDisruptionBudget', 'poddisruptionbudgets', true);
export const PRIORITY_CLASSES = ref<PriorityClass>('scheduling.k8s.io', 'PriorityClass', 'priorityclasses', false);
export const RUNTIME_CLASSES = ref<RuntimeClass>('node.k8s.io', 'RuntimeClass', 'runtimeclasses', false);
