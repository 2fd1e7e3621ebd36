import type { FieldPath } from '../meta/index.ts';

/** One thing that is wrong with an object, as Kubernetes' field errors say it. */
export interface FieldProblem {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueNotFound'
    | 'FieldValueTypeInvalid'
    | 'FieldValueTooMany';
  readonly path: FieldPath;
  /** Without the path: `Required value`, `Invalid value: -1: must be greater than or equal to 0`. */
  readonly message: string;
}

/** Field errors in Kubernetes' words. A value is shown as JSON. */
const shown = (value: unknown) => JSON.stringify(value ?? null);

export function required(path: FieldPath, detail = ''): FieldProblem {
  return { reason: 'FieldValueRequired', path, message: detail ? `Required value: ${detail}` : 'Required value' };
}

export function invalid(path: FieldPath, value: unknown, detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', path, message: `Invalid value: ${shown(value)}: ${detail}` };
}

/** For what is wrong with a whole, where its value would not show it. */
export function invalidWhole(path: FieldPath, detail: string): FieldProblem {
  return { reason: 'FieldValueInvalid', path, message: `Invalid value: ${detail}` };
}

export function typeInvalid(path: FieldPath, type: string, detail: string): FieldProblem {
  return { reason: 'FieldValueTypeInvalid', path, message: `Invalid value: ${shown(type)}: ${detail}` };
}

export function notSupported(path: FieldPath, value: unknown, supported: readonly string[]): FieldProblem {
  const values = supported.map((known) => JSON.stringify(known)).join(', ');
  return { reason: 'FieldValueNotSupported', path, message: `Unsupported value: ${shown(value)}: supported values: ${values}` };
}

export function duplicate(path: FieldPath, value: unknown): FieldProblem {
  return { reason: 'FieldValueDuplicate', path, message: `Duplicate value: ${shown(value)}` };
}

export function forbidden(path: FieldPath, detail: string): FieldProblem {
  return { reason: 'FieldValueForbidden', path, message: `Forbidden: ${detail}` };
}

export function notFound(path: FieldPath, value: unknown): FieldProblem {
  return { reason: 'FieldValueNotFound', path, message: `Not found: ${shown(value)}` };
}

export function tooLong(path: FieldPath, longest: number): FieldProblem {
  return { reason: 'FieldValueTooLong', path, message: `Too long: may not be more than ${longest} bytes` };
}

export function tooMany(path: FieldPath, count: number, most: number): FieldProblem {
  return { reason: 'FieldValueTooMany', path, message: `Too many: ${count}: must have at most ${most} items` };
}

/** What the kind's own rules say goes first: the schema is silent about fields that they spoke of. */
export function joinProblems(rules: readonly FieldProblem[], schema: readonly FieldProblem[]): readonly FieldProblem[] {
  if (schema.length === 0) return rules;
  return [
    ...rules,
    ...schema.filter((problem) => !rules.some((known) => isWithin(problem.path, known.path) || isWithin(known.path, problem.path))),
  ];
}

function isWithin(inner: FieldPath, outer: FieldPath): boolean {
  return inner.length >= outer.length && outer.every((step, i) => inner[i] === step);
}
