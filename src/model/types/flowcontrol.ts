import type { Condition, KindRef, KubeObject } from '../meta/index.ts';

/** Who may ask how much at once: which requests are of which priority level, and what that level gives them. */

export interface FlowSubject {
  readonly kind: string;
  readonly user?: { readonly name: string };
  readonly group?: { readonly name: string };
  readonly serviceAccount?: { readonly name: string; readonly namespace: string };
}

export interface FlowResourceRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly clusterScope?: boolean;
  readonly namespaces?: readonly string[];
}

export interface FlowPathRule {
  readonly verbs?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface FlowRules {
  readonly subjects?: readonly FlowSubject[];
  readonly resourceRules?: readonly FlowResourceRule[];
  readonly nonResourceRules?: readonly FlowPathRule[];
}

export interface FlowSchema extends KubeObject {
  readonly spec?: {
    readonly priorityLevelConfiguration?: { readonly name: string };
    readonly matchingPrecedence?: number;
    readonly distinguisherMethod?: { readonly type: string };
    readonly rules?: readonly FlowRules[];
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface Queuing {
  readonly queues?: number;
  readonly handSize?: number;
  readonly queueLengthLimit?: number;
}

export interface LimitedLevel {
  readonly nominalConcurrencyShares?: number;
  readonly limitResponse?: { readonly type?: string; readonly queuing?: Queuing };
  readonly lendablePercent?: number;
  readonly borrowingLimitPercent?: number;
}

export interface ExemptLevel {
  readonly nominalConcurrencyShares?: number;
  readonly lendablePercent?: number;
}

export interface PriorityLevel extends KubeObject {
  readonly spec?: { readonly type?: string; readonly limited?: LimitedLevel; readonly exempt?: ExemptLevel };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

const ref = <T>(kind: string, plural: string): KindRef<T> => ({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});

export const FLOW_SCHEMAS = ref<FlowSchema>('FlowSchema', 'flowschemas');
export const PRIORITY_LEVELS = ref<PriorityLevel>('PriorityLevelConfiguration', 'prioritylevelconfigurations');
