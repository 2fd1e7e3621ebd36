import type { FieldPath } from '../../meta/index.ts';
import { notSupported, required, tooMany, type FieldProblem } from '../../schema/problems.ts';
import type { Container } from '../../types/index.ts';

type Rule = NonNullable<Container['restartPolicyRules']>[number];

const POLICIES = ['Always', 'Never', 'OnFailure'];
const ACTIONS = ['Restart', 'RestartAllContainers'];
const OPERATORS = ['In', 'NotIn'];
const MOST_RULES = 20;
const MOST_CODES = 255;

/** When a container runs again, where it says so itself and does not leave it to its pod. */
export function validateRestarts({ restartPolicy: policy, restartPolicyRules: rules = [] }: Container, path: FieldPath): FieldProblem[] {
  const at = [...path, 'restartPolicyRules'];
  return [
    ...(policy === undefined && rules.length > 0
      ? [required([...path, 'restartPolicy'], 'must specify restartPolicy when restart rules are used')]
      : []),
    ...(policy === undefined ? [] : validateKnown(policy, POLICIES, [...path, 'restartPolicy'])),
    ...(rules.length > MOST_RULES ? [tooMany(at, rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, i) => validateRule(rule, [...at, i])),
  ];
}

function validateRule({ action, exitCodes }: Rule, path: FieldPath): FieldProblem[] {
  const at = [...path, 'exitCodes'];
  const count = exitCodes?.values?.length ?? 0;
  return [
    ...validateKnown(action, ACTIONS, [...path, 'action']),
    ...(exitCodes ? validateKnown(exitCodes.operator, OPERATORS, [...at, 'operator']) : [required(at, 'must be specified')]),
    ...(count > MOST_CODES ? [tooMany([...at, 'values'], count, MOST_CODES)] : []),
  ];
}

/** What is left out is the empty text, which is none of them. */
function validateKnown(value: string | undefined, known: readonly string[], path: FieldPath): FieldProblem[] {
  return known.includes(value ?? '') ? [] : [notSupported(path, value ?? '', known)];
}
