import type { Condition, KindRef, KubeObject, LabelSelector } from '../meta/index.ts';

/** Requests by what they are about. `*` stands for all. */
export interface ResourceRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface RequestSelectors {
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

export interface MatchResources extends RequestSelectors {
  readonly resourceRules?: readonly ResourceRule[];
  readonly excludeResourceRules?: readonly ResourceRule[];
}

export interface PolicyValidation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

/** What policies of both kinds say. */
export interface PolicySpec {
  readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly NamedExpression[];
  readonly variables?: readonly NamedExpression[];
  readonly failurePolicy?: string;
}

export interface ValidatingAdmissionPolicy extends KubeObject {
  readonly spec?: PolicySpec & {
    readonly validations?: readonly PolicyValidation[];
    readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[];
  };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

export interface Mutation {
  readonly patchType?: string;
  readonly applyConfiguration?: { readonly expression?: string };
  readonly jsonPatch?: { readonly expression?: string };
}

export interface MutatingAdmissionPolicy extends KubeObject {
  readonly spec?: PolicySpec & { readonly mutations?: readonly Mutation[]; readonly reinvocationPolicy?: string };
}

export type AdmissionPolicy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;

export interface ParameterReference {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly parameterNotFoundAction?: string;
}

export interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParameterReference;
  readonly matchResources?: MatchResources;
}

export interface ValidatingAdmissionPolicyBinding extends KubeObject {
  readonly spec?: BindingSpec & { readonly validationActions?: readonly string[] };
}

export interface MutatingAdmissionPolicyBinding extends KubeObject {
  readonly spec?: BindingSpec;
}

export type AdmissionPolicyBinding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

const ref = <T>(kind: string, plural: string): KindRef<T> => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
});

export const VALIDATING_ADMISSION_POLICIES = ref<ValidatingAdmissionPolicy>('ValidatingAdmissionPolicy', 'validatingadmissionpolicies');
export const VALIDATING_ADMISSION_POLICY_BINDINGS = ref<ValidatingAdmissionPolicyBinding>(
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
);
export const MUTATING_ADMISSION_POLICIES = ref<MutatingAdmissionPolicy>('MutatingAdmissionPolicy', 'mutatingadmissionpolicies');
export const MUTATING_ADMISSION_POLICY_BINDINGS = ref<MutatingAdmissionPolicyBinding>(
  'MutatingAdmissionPolicyBinding',
  'mutatingadmissionpolicybindings',
);
