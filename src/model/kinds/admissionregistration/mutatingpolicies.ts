import { dns1123Subdomain } from '../../meta/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import {
  MUTATING_ADMISSION_POLICIES,
  MUTATING_ADMISSION_POLICY_BINDINGS,
  type MutatingAdmissionPolicy,
  type MutatingAdmissionPolicyBinding,
  type Mutation,
} from '../../types/index.ts';
import { AGE, ageOf, countColumn, NAME, textColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultBinding, defaultPolicy, parameterKindCell, parametersCell, validateBinding, validatePolicy } from './policyrules.ts';

/** What is deleted cannot be changed on its way. */
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const REINVOCATIONS = ['IfNeeded', 'Never'];

/** Where the expression of a patch of each type stands. */
const PATCH_FIELDS = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const;

type Spec = NonNullable<MutatingAdmissionPolicy['spec']>;

export const MUTATING_ADMISSION_POLICY = declareKind<MutatingAdmissionPolicy>({
  ref: MUTATING_ADMISSION_POLICIES,
  schema: { definition: 'admissionregistration.v1.MutatingAdmissionPolicy' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  defaults: ({ spec = {}, ...policy }) => ({ ...policy, spec: defaultPolicy(spec) }),
  validate: ({ spec = {} }) => [...validatePolicy(spec, OPERATIONS), ...validateMutations(spec)],
  raisesGeneration: specChanged,
  columns: [NAME, countColumn('Mutations'), textColumn('ParamKind'), AGE],
  row: (policy, clock) => [policy.metadata.name, policy.spec?.mutations?.length ?? 0, parameterKindCell(policy.spec), ageOf(policy, clock)],
});

function validateMutations({ mutations = [], reinvocationPolicy: again }: Spec): FieldProblem[] {
  const path = ['spec', 'mutations'];
  const at = ['spec', 'reinvocationPolicy'];
  return [
    ...(mutations.length === 0 ? [required(path, 'mutations must contain at least one item')] : []),
    ...mutations.flatMap((mutation, i) => validateMutation(mutation, [...path, i])),
    ...(again ? (REINVOCATIONS.includes(again) ? [] : [notSupported(at, again, REINVOCATIONS)]) : [required(at)]),
  ];
}

function validateMutation(mutation: Mutation, path: (string | number)[]): FieldProblem[] {
  const { patchType: type } = mutation;
  if (!type) return [required([...path, 'patchType'])];
  const types = Object.keys(PATCH_FIELDS);
  const wanted = (PATCH_FIELDS as Readonly<Record<string, 'applyConfiguration' | 'jsonPatch'>>)[type];
  if (!wanted) return [notSupported([...path, 'patchType'], type, types)];
  const other = wanted === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch';
  const expression = mutation[wanted]?.expression?.trim();
  return [
    ...(mutation[other] ? [invalid([...path, other], `{${other}}`, `must not be specified when patchType is ${type}`)] : []),
    ...(mutation[wanted] ? [] : [required([...path, wanted], `must be specified when patchType is ${type}`)]),
    ...(mutation[wanted] && !expression ? [required([...path, wanted, 'expression'], 'expression is not specified')] : []),
  ];
}

export const MUTATING_ADMISSION_POLICY_BINDING = declareKind<MutatingAdmissionPolicyBinding>({
  ref: MUTATING_ADMISSION_POLICY_BINDINGS,
  schema: { definition: 'admissionregistration.v1.MutatingAdmissionPolicyBinding' },
  name: dns1123Subdomain,
  needsRevision: true,
  categories: ['api-extensions'],
  defaults: ({ spec = {}, ...binding }) => ({ ...binding, spec: defaultBinding(spec) }),
  validate: ({ spec = {} }) => validateBinding(spec, OPERATIONS),
  raisesGeneration: specChanged,
  columns: [NAME, ...['PolicyName', 'ParamRef'].map(textColumn), AGE],
  row: (binding, clock) => [binding.metadata.name, binding.spec?.policyName ?? '', parametersCell(binding.spec), ageOf(binding, clock)],
});
