import type { FieldPath, IntOrString } from '../../meta/index.ts';
import { invalid } from '../../schema/problems.ts';
import type { FieldProblem } from '../kind.ts';

export function validateNotNegative(value: number | undefined, path: FieldPath): FieldProblem[] {
  return value !== undefined && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
}

export function validatePort(port: number | undefined, path: FieldPath): FieldProblem[] {
  return port !== undefined && port >= 1 && port <= 65535 ? [] : [invalid(path, port ?? 0, 'must be between 1 and 65535, inclusive')];
}

/** A port by number or by the name that a container gives it. */
export function validatePortOrName(port: IntOrString | undefined, path: FieldPath): FieldProblem[] {
  if (typeof port !== 'string') return validatePort(port, path);
  return portNameProblems(port).map((text) => invalid(path, port, text));
}

/** IANA's service names: at most 15 characters, with a letter, no doubled dash. */
export function portNameProblems(name: string): string[] {
  return [
    ...(name.length > 15 ? ['must be no more than 15 characters'] : []),
    ...(/^[-a-z0-9]+$/.test(name) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ];
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
