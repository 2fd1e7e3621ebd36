import { portName, type FieldPath, type IntOrString } from '../../meta/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';

export function validateNotNegative(value: number | undefined, path: FieldPath): FieldProblem[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
}

export function validatePort(port: number | undefined, path: FieldPath): FieldProblem[] {
  return port !== undefined && port >= 1 && port <= 65535 ? [] : [invalid(path, port ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port by number or by the name that a container gives it. */
export function validatePortOrName(port: IntOrString | undefined, path: FieldPath): FieldProblem[] {
  if (typeof port !== 'string') return validatePort(port, path);
  return portName(port).map((text) => invalid(path, port, text));
}

/** A count that is not negative, or a percentage. */
export function validateCountOrPercent(value: IntOrString | undefined, path: FieldPath): FieldProblem[] {
  if (typeof value === 'number') return validateNotNegative(value, path);
  if (value === undefined || /^\d+%$/.test(value)) return [];
  const rule =
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";
  return [invalid(path, value, rule)];
}

export function validateAtMostAll(value: IntOrString | undefined, path: FieldPath): FieldProblem[] {
  const percent = typeof value === 'string' ? /^(\d+)%$/.exec(value)?.[1] : undefined;
  return percent !== undefined && Number(percent) > 100 ? [invalid(path, value, 'must not be greater than 100%')] : [];
}

export const isZeroCount = (value: IntOrString | undefined) => value === 0 || value === '0%' || value === undefined;

/** What a count cannot be, below a bound or above another. */
export function validateBetween(value: number | undefined, least: number, most: number, path: FieldPath): FieldProblem[] {
  return value !== undefined && (value < least || value > most)
    ? [invalid(path, value, `must be between ${least} and ${most}, inclusive`)]
    : [];
}

export function validatePositive(value: number | undefined, path: FieldPath): FieldProblem[] {
  return value !== undefined && value <= 0 ? [invalid(path, value, 'must be greater than zero')] : [];
}
