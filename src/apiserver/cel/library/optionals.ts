import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { isMap, isUint, keysOf, maybe, Span, Struct, Time, type Maybe, type Value } from '../values.ts';

const present = (items: readonly Maybe[]) => items.flatMap((item) => (item.hasValue() ? [item.value()] : []));

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0 || value === 0n) return true;
  if (typeof value !== 'object') return false;
  if (isUint(value)) return value.value === 0n;
  if (value instanceof Time || value instanceof Span) return value.nanos === 0n;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Struct) return (value.made?.size ?? Object.keys(value.raw).length) === 0;
  return isMap(value) && keysOf(value).length === 0;
}

export const OPTIONALS: Library = {
  'optional.of(A): optional(A)': maybe,
  'optional.ofNonZeroValue(A): optional(A)': (value: Value) => maybe(isZero(value) ? undefined : value),
  'optional.none(): optional(A)': () => maybe(undefined),
  '.hasValue(optional(A)): bool': (optional: Maybe) => optional.hasValue(),
  '.value(optional(A)): A': (optional: Maybe) => {
    if (!optional.hasValue()) throw new CelError('optional.none() dereference');
    return optional.value();
  },
  '.or(optional(A), optional(A)): optional(A)': (a: Maybe, b: Maybe) => (a.hasValue() ? a : b),
  '.orValue(optional(A), A): A': (a: Maybe, fallback: Value) => (a.hasValue() ? a.value() : fallback),
  '.first(list(A)): optional(A)': (items: readonly Value[]) => maybe(items[0]),
  '.last(list(A)): optional(A)': (items: readonly Value[]) => maybe(items.at(-1)),
  'optional.unwrap(list(optional(A))): list(A)': present,
  '.unwrapOpt(list(optional(A))): list(A)': present,
};
