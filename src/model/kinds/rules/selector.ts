import { labelValue, matches, qualifiedName, selectorFrom, type FieldPath, type Labels, type LabelSelector } from '../../meta/index.ts';
import { forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { validateLabels } from './metadata.ts';

const OPERATORS: ReadonlySet<string> = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist']);

export function validateLabelSelector(selector: LabelSelector | undefined, path: FieldPath): FieldProblem[] {
  if (!selector) return [];
  const expressions = selector.matchExpressions ?? [];
  return [
    ...validateLabels(selector.matchLabels, [...path, 'matchLabels']),
    ...expressions.flatMap((expression, i) => validateExpression(expression, [...path, 'matchExpressions', i])),
  ];
}

function validateExpression(
  { key, operator, values = [] }: NonNullable<LabelSelector['matchExpressions']>[number],
  path: FieldPath,
): FieldProblem[] {
  const takesValues = operator === 'In' || operator === 'NotIn';
  return [
    ...(takesValues && values.length === 0 ? [required([...path, 'values'], "must be specified when `operator` is 'In' or 'NotIn'")] : []),
    ...(!takesValues && OPERATORS.has(operator) && values.length > 0
      ? [forbidden([...path, 'values'], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
      : []),
    ...(OPERATORS.has(operator) ? [] : [invalid([...path, 'operator'], operator, 'not a valid selector operator')]),
    ...qualifiedName(key).map((text) => invalid([...path, 'key'], key, text)),
    ...values.flatMap((value, i) => labelValue(value).map((text) => invalid([...path, 'values', i], value, text))),
  ];
}

/** Keys stand for the pod's own values of them, and narrow a selector that is there. */
export function validateLabelKeys(keys: readonly string[] = [], selector: LabelSelector | undefined, path: FieldPath): FieldProblem[] {
  if (keys.length > 0 && !selector) return [forbidden(path, 'must not be specified when labelSelector is not set')];
  return keys.flatMap((key, i) => qualifiedName(key).map((text) => invalid([...path, i], key, text)));
}

export const isEmptySelector = (selector: LabelSelector) =>
  Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;

/** What owns pods must have a selector, and one that its own pods match. */
export function validateOwnedSelector(selector: LabelSelector | undefined, owner: string): FieldProblem[] {
  const path = ['spec', 'selector'];
  if (!selector) return [required(path)];
  const problems = validateLabelSelector(selector, path);
  return isEmptySelector(selector) ? [...problems, invalid(path, selector, `empty selector is invalid for ${owner}`)] : problems;
}

export function validateTemplateLabels(labels: Labels | undefined, selector: LabelSelector | undefined): FieldProblem[] {
  const requirements = selectorFrom(selector);
  if (requirements && matches(requirements, labels)) return [];
  return [invalid(['spec', 'template', 'metadata', 'labels'], labels ?? null, '`selector` does not match template `labels`')];
}
