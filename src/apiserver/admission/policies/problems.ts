import {
  invalid,
  qualifiedName,
  required,
  duplicate,
  type FieldPath,
  type FieldProblem,
  type MutatingAdmissionPolicy,
  type PolicySpec,
  type PolicyValidation,
  type ValidatingAdmissionPolicy,
} from '../../../model/index.ts';
import { compileConditions, compileMutatingPolicy, compilePolicy, type CompiledPolicy, type Expression } from './expressions.ts';

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const hasLines = (text: string) => /[\n\r]/.test(text);

/** What is wrong with the expressions of a policy, and with what goes with them. */
export function policyProblems(policy: ValidatingAdmissionPolicy): readonly FieldProblem[] {
  const { validations = [], auditAnnotations = [] } = policy.spec ?? {};
  const compiled = compilePolicy(policy);
  return [
    ...sharedProblems(policy.spec ?? {}, compiled),
    ...validations.flatMap((validation, i) => {
      const path = ['spec', 'validations', i];
      const { message, ...expression } = compiled.validations[i]!;
      return [...meaning(expression, [...path, 'expression']), ...(message ? meaning(message, [...path, 'messageExpression']) : []), ...messageProblems(validation, path)];
    }),
    ...auditAnnotations.flatMap(({ key }, i) => {
      const path = ['spec', 'auditAnnotations', i];
      const isRepeated = auditAnnotations.findIndex((other) => other.key === key) < i;
      const name = `${policy.metadata.name}/${key}`;
      return [
        ...qualifiedName(name).map((why) => invalid([...path, 'key'], name, why)),
        ...meaning(compiled.annotations[i]!, [...path, 'valueExpression']),
        ...(isRepeated ? [duplicate([...path, 'key'], key)] : []),
      ];
    }),
  ]; // prettier-ignore
}

export function mutatingPolicyProblems(policy: MutatingAdmissionPolicy): readonly FieldProblem[] {
  const compiled = compileMutatingPolicy(policy);
  return [
    ...sharedProblems(policy.spec ?? {}, compiled),
    ...compiled.mutations.flatMap((mutation, i) =>
      meaning(mutation, ['spec', 'mutations', i, mutation.type === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration', 'expression']),
    ),
  ];
}

function sharedProblems(
  { matchConditions = [], variables = [] }: PolicySpec,
  compiled: Pick<CompiledPolicy, 'conditions' | 'variables'>,
): readonly FieldProblem[] {
  return [
    ...problemsOfConditions(matchConditions, compiled.conditions, ['spec', 'matchConditions']),
    ...variables.flatMap(({ name, expression }, i) => {
      const path = ['spec', 'variables', i];
      return [
        ...(name.trim() ? [] : [required([...path, 'name'], 'name is not specified')]),
        ...(name.trim() && !IDENTIFIER.test(name) ? [invalid([...path, 'name'], name, 'name is not a valid CEL identifier')] : []),
        ...(expression.trim() ? meaning(compiled.variables[i]!, [...path, 'expression']) : [required([...path, 'expression'], 'expression is not specified')]),
      ];
    }),
  ]; // prettier-ignore
}

/** Of conditions that go with no parameters. */
export function conditionProblems(conditions: readonly MatchCondition[], path: FieldPath): readonly FieldProblem[] {
  return problemsOfConditions(conditions, compileConditions(conditions), path);
}

type MatchCondition = NonNullable<PolicySpec['matchConditions']>[number];

function problemsOfConditions(conditions: readonly MatchCondition[], compiled: readonly Expression[], list: FieldPath): FieldProblem[] {
  return conditions.flatMap(({ name, expression }, i) => {
    const path = [...list, i];
    const isRepeated = conditions.findIndex((other) => other.name === name) < i;
    return [
      ...(expression.trim() ? meaning(compiled[i]!, [...path, 'expression']) : [required([...path, 'expression'])]),
      ...(name ? qualifiedName(name).map((why) => invalid([...path, 'name'], name, why)) : [required([...path, 'name'])]),
      ...(name && isRepeated ? [duplicate([...path, 'name'], name)] : []),
    ];
  });
}

const meaning = ({ text, program }: Expression, path: FieldPath) => (typeof program === 'string' ? [invalid(path, text, program)] : []);

function messageProblems({ message = '', messageExpression = '' }: PolicyValidation, path: FieldPath): FieldProblem[] {
  const isBlank = messageExpression !== '' && messageExpression.trim() === '';
  return [
    ...(isBlank ? [invalid([...path, 'messageExpression'], messageExpression, 'must be non-empty if specified')] : []),
    ...(message !== '' && message.trim() === '' ? [invalid([...path, 'message'], message, 'message must be non-empty if specified')] : []),
    ...(hasLines(message.trim()) ? [invalid([...path, 'message'], message, 'message must not contain line breaks')] : []),
  ];
}
