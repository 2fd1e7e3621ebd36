import { qualifiedName, type FieldPath } from '../../meta/index.ts';
import type { JobSpec, PodFailurePolicyRule } from '../../types/index.ts';
import { duplicate, invalid, invalidWhole, notSupported, required, tooMany, type FieldProblem } from '../../schema/problems.ts';

type ExitCodes = NonNullable<PodFailurePolicyRule['onExitCodes']>;
type Conditions = NonNullable<PodFailurePolicyRule['onPodConditions']>;

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const MOST_RULES = 20;
const MOST_CODES = 255;
const MOST_CONDITIONS = 20;

/** A condition is one that holds, unless it says otherwise. */
export function defaultFailurePolicy({ podFailurePolicy }: Partial<JobSpec> = {}): Pick<JobSpec, 'podFailurePolicy'> {
  if (!podFailurePolicy) return {};
  const withStatus = (pattern: Conditions[number]) => ({ ...pattern, status: pattern.status || 'True' });
  const rules = (podFailurePolicy.rules ?? []).map((rule) =>
    rule.onPodConditions ? { ...rule, onPodConditions: rule.onPodConditions.map(withStatus) } : rule,
  );
  return { podFailurePolicy: { rules } };
}

/** What becomes of a job when one of its pods fails. */
export function validateFailurePolicy({ podFailurePolicy, backoffLimitPerIndex, template }: JobSpec, path: FieldPath): FieldProblem[] {
  if (!podFailurePolicy) return [];
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  const { rules = [] } = podFailurePolicy;
  return [
    ...(rules.length > MOST_RULES ? [tooMany([...path, 'rules'], rules.length, MOST_RULES)] : []),
    ...rules.flatMap((rule, i) => {
      const at = [...path, 'rules', i];
      const needsLimit = rule.action === 'FailIndex' && backoffLimitPerIndex === undefined;
      return [
        ...validateKnown(rule.action, ACTIONS, [...at, 'action']),
        ...(needsLimit ? [invalid([...at, 'action'], rule.action, 'requires the backoffLimitPerIndex to be set')] : []),
        ...validateOccasion(rule, names, at),
      ];
    }),
  ];
}

/** A rule is for exit codes or for conditions. */
function validateOccasion({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, names: readonly string[], path: FieldPath): FieldProblem[] {
  const hasConditions = onPodConditions.length > 0;
  return [
    ...(onExitCodes ? validateExitCodes(onExitCodes, names, [...path, 'onExitCodes']) : []),
    ...validateConditions(onPodConditions, [...path, 'onPodConditions']),
    ...(onExitCodes && hasConditions ? [invalidWhole(path, 'specifying both OnExitCodes and OnPodConditions is not supported')] : []),
    ...(onExitCodes || hasConditions ? [] : [invalidWhole(path, 'specifying one of OnExitCodes and OnPodConditions is required')]),
  ];
} // prettier-ignore

function validateExitCodes({ operator, containerName, values = [] }: ExitCodes, names: readonly string[], path: FieldPath): FieldProblem[] {
  const at = [...path, 'values'];
  const isOrdered = values.every((code, i) => i === 0 || values[i - 1]! <= code);
  return [
    ...validateKnown(operator, OPERATORS, [...path, 'operator']),
    ...(containerName !== undefined && !names.includes(containerName)
      ? [invalid([...path, 'containerName'], containerName, 'must be one of the container or initContainer names in the pod template')]
      : []),
    ...(values.length === 0 ? [invalid(at, values, 'at least one value is required')] : []),
    ...(values.length > MOST_CODES ? [tooMany(at, values.length, MOST_CODES)] : []),
    ...values.flatMap((code, i) => [
      ...(operator === 'In' && code === 0 ? [invalid([...at, i], code, 'must not be 0 for the In operator')] : []),
      ...(values.indexOf(code) < i ? [duplicate([...at, i], code)] : []),
    ]),
    ...(isOrdered ? [] : [invalid(at, values, 'must be ordered')]),
  ];
}

function validateConditions(conditions: Conditions, path: FieldPath): FieldProblem[] {
  return [
    ...(conditions.length > MOST_CONDITIONS ? [tooMany(path, conditions.length, MOST_CONDITIONS)] : []),
    ...conditions.flatMap(({ type, status }, i) => [
      ...qualifiedName(type ?? '').map((why) => invalid([...path, i, 'type'], type ?? '', why)),
      ...validateKnown(status, STATUSES, [...path, i, 'status']),
    ]),
  ];
}

function validateKnown(value: string | undefined, known: readonly string[], path: FieldPath): FieldProblem[] {
  if (!value) return [required(path, `valid values: [${known.map((each) => JSON.stringify(each)).join(' ')}]`)];
  return known.includes(value) ? [] : [notSupported(path, value, known)];
}
