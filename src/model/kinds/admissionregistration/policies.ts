import { dns1123Subdomain } from '../../meta/index.ts';
import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../types/index.ts';
import { AGE, ageOf, countColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { OPEN_METADATA } from '../kind.ts';
import { defaultBinding, defaultPolicy, parameterKindCell, parametersCell, validateBinding, validatePolicy } from './policyrules.ts';

const ACTIONS = ['Audit', 'Deny', 'Warn'];
const TWICE_TOLD =
  'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';

type Spec = NonNullable<ValidatingAdmissionPolicy['spec']>;

export const VALIDATING_ADMISSION_POLICY = declareKind<ValidatingAdmissionPolicy>({
  ref: VALIDATING_ADMISSION_POLICIES,
  schema: { definition: 'admissionregistration.v1.ValidatingAdmissionPolicy' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  subresources: ['status'],
  statusKeeps: OPEN_METADATA,
  defaults: ({ spec = {}, ...policy }) => ({ ...policy, spec: defaultPolicy(spec) }),
  initialStatus: () => ({}),
  validate: ({ spec = {} }) => [...validatePolicy(spec), ...validateValidations(spec)],
  raisesGeneration: specChanged,
  columns: [NAME, countColumn('Validations'), textColumn('ParamKind'), AGE],
  row: (policy, clock) => [
    policy.metadata.name,
    policy.spec?.validations?.length ?? 0,
    parameterKindCell(policy.spec),
    ageOf(policy, clock),
  ],
});

function validateValidations({ validations = [], auditAnnotations = [] }: Spec): FieldProblem[] {
  const path = ['spec'];
  const says = validations.length + auditAnnotations.length > 0;
  return [
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

export const VALIDATING_ADMISSION_POLICY_BINDING = declareKind<ValidatingAdmissionPolicyBinding>({
  ref: VALIDATING_ADMISSION_POLICY_BINDINGS,
  schema: { definition: 'admissionregistration.v1.ValidatingAdmissionPolicyBinding' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  defaults: ({ spec = {}, ...binding }) => ({ ...binding, spec: defaultBinding(spec) }),
  validate: ({ spec = {} }) => [...validateBinding(spec), ...validateActions(spec.validationActions ?? [])],
  raisesGeneration: specChanged,
  columns: [NAME, ...['PolicyName', 'ParamRef'].map(textColumn), AGE],
  row: (binding, clock) => [binding.metadata.name, binding.spec?.policyName ?? '', parametersCell(binding.spec), ageOf(binding, clock)],
});

function validateActions(actions: readonly string[]): FieldProblem[] {
  const path = ['spec', 'validationActions'];
  return [
    ...actions.flatMap((action, i) => [
      ...(ACTIONS.includes(action) ? [] : [notSupported([...path, i], action, ACTIONS)]),
      ...(actions.indexOf(action) < i ? [duplicate([...path, i], action)] : []),
    ]),
    ...(actions.includes('Deny') && actions.includes('Warn') ? [invalid(path, actions, TWICE_TOLD)] : []),
    ...(actions.length === 0 ? [required(path, 'at least one validation action is required')] : []),
  ];
}
