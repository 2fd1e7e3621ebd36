import { dns1123Subdomain, type FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type MatchResources,
  type ParameterReference,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../types/index.ts';
import { AGE, ageOf, countColumn, NAME, textColumn, UNSET } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { OPEN_METADATA } from '../kind.ts';
import { subdomainProblems } from '../rules/metadata.ts';
import { defaultMatch, validateRule, validateSelectors } from './match.ts';

const FAILURE_POLICIES = ['Fail', 'Ignore'];
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const TWICE_TOLD =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';

export const VALIDATING_ADMISSION_POLICY = declareKind<ValidatingAdmissionPolicy>({
  ref: VALIDATING_ADMISSION_POLICIES,
  schema: { definition: 'admissionregistration.v1.ValidatingAdmissionPolicy' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: (policy) => {
    const { spec = {} } = policy;
    const match = spec.matchConstraints ? { matchConstraints: defaultMatch(spec.matchConstraints) } : {};
    return { ...policy, spec: { ...spec, ...match, failurePolicy: spec.failurePolicy ?? 'Fail' } };
  },
  initialStatus: () => ({}),
  validate: ({ spec = {} }) => validatePolicy(spec),
  raisesGeneration: specChanged,
  columns: [NAME, countColumn('Validations'), textColumn('ParamKind'), AGE],
  row: (policy, clock) => {
    const { validations = [], paramKind } = policy.spec ?? {};
    const kind = paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : UNSET;
    return [policy.metadata.name, validations.length, kind, ageOf(policy, clock)];
  },
});

function validatePolicy(spec: NonNullable<ValidatingAdmissionPolicy['spec']>): FieldProblem[] {
  const { paramKind, matchConstraints, validations = [], auditAnnotations = [], failurePolicy: failure } = spec;
  const path = ['spec'];
  const says = validations.length + auditAnnotations.length > 0;
  return [
    ...(failure && !FAILURE_POLICIES.includes(failure) ? [notSupported([...path, 'failurePolicy'], failure, FAILURE_POLICIES)] : []),
    ...(paramKind
      ? (['apiVersion', 'kind'] as const).filter((field) => !paramKind[field]).map((field) => required([...path, 'paramKind', field]))
      : []),
    ...(matchConstraints ? validateConstraints(matchConstraints, [...path, 'matchConstraints']) : [required([...path, 'matchConstraints'])]),
    ...(says ? [] : [required([...path, 'validations'], 'validations or auditAnnotations must contain at least one item')]),
    ...validations.flatMap(({ expression = '' }, i) =>
      expression.trim() === '' ? [required([...path, 'validations', i, 'expression'], 'expression is not specified')] : [],
    ),
    ...auditAnnotations.flatMap(({ key, valueExpression = '' }, i) => [
      ...(key ? [] : [required([...path, 'auditAnnotations', i, 'key'])]),
      ...(valueExpression.trim() === '' ? [required([...path, 'auditAnnotations', i, 'valueExpression'], 'valueExpression is not specified')] : []),
    ]),
  ];
} // prettier-ignore

function validateConstraints(match: MatchResources, path: FieldPath): FieldProblem[] {
  const { resourceRules = [] } = match;
  return [
    ...(resourceRules.length === 0 ? [required([...path, 'resourceRules'])] : []),
    ...validateMatch(match, path),
  ];
} // prettier-ignore

function validateMatch(match: MatchResources, path: FieldPath): FieldProblem[] {
  return [
    ...validateSelectors(match, path),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((field) =>
      (match[field] ?? []).flatMap((rule, i) => validateRule(rule, [...path, field, i])),
    ),
  ];
}

export const VALIDATING_ADMISSION_POLICY_BINDING = declareKind<ValidatingAdmissionPolicyBinding>({
  ref: VALIDATING_ADMISSION_POLICY_BINDINGS,
  schema: { definition: 'admissionregistration.v1.ValidatingAdmissionPolicyBinding' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  defaults: (binding) => {
    const { spec = {} } = binding;
    return { ...binding, spec: { ...spec, ...(spec.matchResources ? { matchResources: defaultMatch(spec.matchResources) } : {}) } };
  },
  validate: ({ spec = {} }) => validateBinding(spec),
  raisesGeneration: specChanged,
  columns: [NAME, ...['PolicyName', 'ParamRef'].map(textColumn), AGE],
  row: (binding, clock) => [binding.metadata.name, binding.spec?.policyName ?? '', parametersCell(binding), ageOf(binding, clock)],
});

function parametersCell({ spec }: ValidatingAdmissionPolicyBinding): string {
  const { name, namespace } = spec?.paramRef ?? {};
  if (!spec?.paramRef) return UNSET;
  return namespace ? `${namespace}/${name ?? '*'}` : (name ?? '*');
}

function validateBinding(spec: NonNullable<ValidatingAdmissionPolicyBinding['spec']>): FieldProblem[] {
  const { policyName, paramRef, matchResources, validationActions: actions = [] } = spec;
  const path = ['spec'];
  const at = [...path, 'validationActions'];
  return [
    ...(policyName ? subdomainProblems(policyName, [...path, 'policyName']) : [required([...path, 'policyName'])]),
    ...(paramRef ? validateParameters(paramRef, [...path, 'paramRef']) : []),
    ...(matchResources ? validateMatch(matchResources, [...path, 'matchResources']) : []),
    ...(actions.length === 0 ? [required(at)] : []),
    ...actions.flatMap((action, i) => (ACTIONS.includes(action) ? [] : [notSupported([...at, i], action, ACTIONS)])),
    ...(actions.includes('Deny') && actions.includes('Warn') ? [invalid(at, actions, TWICE_TOLD)] : []),
  ];
}

function validateParameters(reference: ParameterReference, path: FieldPath): FieldProblem[] {
  const { name, selector, parameterNotFoundAction: action } = reference;
  return [
    ...(!name && !selector ? [required(path, 'one of name or selector must be specified')] : []),
    ...(name && selector ? [forbidden([...path, 'name'], 'name and selector are mutually exclusive')] : []),
    ...(action ? [] : [required([...path, 'parameterNotFoundAction'])]),
  ];
}
