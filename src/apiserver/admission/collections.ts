import type { KubeObject, LabelSelector, ResourceList, Toleration } from '../../model/index.ts';
import type { Collection } from './step.ts';

/** What admission reads of the kinds that configure it. */

export interface LimitRangeItem {
  readonly type: string;
  readonly max?: ResourceList;
  readonly min?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

export interface LimitRange extends KubeObject {
  readonly spec?: { readonly limits?: readonly LimitRangeItem[] };
}

export interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

export interface ResourceQuota extends KubeObject {
  readonly spec?: {
    readonly hard?: ResourceList;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
}

export interface PriorityClass extends KubeObject {
  readonly value: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
}

export interface RuntimeClass extends KubeObject {
  readonly overhead?: { readonly podFixed?: ResourceList };
  readonly scheduling?: { readonly nodeSelector?: Readonly<Record<string, string>>; readonly tolerations?: readonly Toleration[] };
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
    readonly selector?: LabelSelector;
  };
}

export const LIMIT_RANGES: Collection<LimitRange> = { group: '', plural: 'limitranges' };
export const RESOURCE_QUOTAS: Collection<ResourceQuota> = { group: '', plural: 'resourcequotas' };
export const PRIORITY_CLASSES: Collection<PriorityClass> = { group: 'scheduling.k8s.io', plural: 'priorityclasses' };
export const RUNTIME_CLASSES: Collection<RuntimeClass> = { group: 'node.k8s.io', plural: 'runtimeclasses' };
export const STORAGE_CLASSES: Collection<KubeObject> = { group: 'storage.k8s.io', plural: 'storageclasses' };
export const INGRESS_CLASSES: Collection<KubeObject> = { group: 'networking.k8s.io', plural: 'ingressclasses' };
