import { equalJson } from '../../base/index.ts';
import { spend } from './budget.ts';
import { noSuchOverload } from './errors.ts';
import type { Merge } from './types.ts';
import {
  isMap,
  isMaybe,
  isUint,
  keysOf,
  memberOf,
  mergeOf,
  Opaque,
  Span,
  Struct,
  Time,
  type MapValue,
  type Maybe,
  type Value,
} from './values.ts';

/** Numbers are equal whatever their types; values of other different types are not equal, and no mistake. */
export function equal(a: Value, b: Value): boolean {
  spend(1);
  if (a === b) return true;
  if (a === null || b === null) return false;
  if (typeof a === 'string' || typeof a === 'boolean') return false;
  const number = numeric(a);
  if (number !== undefined) {
    const other = numeric(b);
    return other !== undefined && number == other;
  }
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a as Value[], b as Value[]);
  if (a instanceof Struct) return b instanceof Struct && equalStructs(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  if (a instanceof Time) return b instanceof Time && a.nanos === b.nanos;
  if (a instanceof Span) return b instanceof Span && a.nanos === b.nanos;
  if (a instanceof Opaque) return b instanceof Opaque && a.type === b.type && a.equals(b);
  if (isMaybe(a)) return isMaybe(b) && equalMaybes(a, b);
  return isMap(a) && isMap(b) && equalMaps(a, b);
}

function numeric(value: Value): number | bigint | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  return typeof value === 'object' && value !== null && isUint(value) ? value.value : undefined;
}

/** In a list that is a set or a map, the order of the items means nothing. */
function equalLists(a: readonly Value[], b: readonly Value[]): boolean {
  if (a.length !== b.length) return false;
  const merge = mergeOf(a) ?? mergeOf(b);
  if (!merge) return a.every((item, i) => equal(item, b[i]!));
  return a.every((item) => {
    const counterpart = counterpartOf(item, b, merge);
    return counterpart !== undefined && equal(item, counterpart);
  });
}

export function counterpartOf(item: Value, others: readonly Value[], { by }: Merge): Value | undefined {
  return others.find((other) => (by === 'value' ? equal(item, other) : hasSameKeys(item, other, by)));
}

function hasSameKeys(a: Value, b: Value, keys: readonly string[]): boolean {
  spend(1);
  if (!(a instanceof Struct && b instanceof Struct)) return false;
  return keys.every((key) => equalJson(a.raw[key], b.raw[key]));
}

function equalStructs(a: Struct, b: Struct): boolean {
  if (a.type.isOpen || b.type.isOpen) return a.type === b.type && equalMaps(a.made!, b.made!);
  const names = [...a.type.fields.keys()];
  const isSameShape = a.type === b.type || (names.length === b.type.fields.size && names.every((name) => b.type.fields.has(name)));
  return isSameShape && names.every((name) => equalMembers(a.get(name), b.get(name)));
}

const equalMembers = (a: Value | undefined, b: Value | undefined) => (a === undefined || b === undefined ? a === b : equal(a, b));

const equalMaybes = (a: Maybe, b: Maybe) => (a.hasValue() && b.hasValue() ? equal(a.value(), b.value()) : a.hasValue() === b.hasValue());

function equalMaps(a: MapValue, b: MapValue): boolean {
  const keys = keysOf(a);
  return keys.length === keysOf(b).length && keys.every((key) => equalMembers(memberOf(a, key), memberOf(b, key)));
}

export function isIn(value: Value, container: Value): boolean {
  if (Array.isArray(container)) return container.some((item) => equal(value, item as Value));
  if (!isMap(container)) throw noSuchOverload();
  spend(1);
  return memberOf(container, value) !== undefined;
}

/** Whether a value has a field. */
export function isMember(of: Value, field: string): boolean {
  if (of instanceof Struct) return of.get(field) !== undefined;
  if (isMaybe(of)) return of.hasValue() && isMember(of.value(), field);
  if (!isMap(of)) throw noSuchOverload();
  return memberOf(of, field) !== undefined;
}

/** Below, equal or above: -1, 0, 1. NaN for what has no order. */
export function compare(a: Value, b: Value): number {
  const [x, y] = [ordered(a), ordered(b)];
  if (x === undefined || y === undefined) throw noSuchOverload();
  if (typeof x === 'string' && typeof y === 'string') return compareTexts(x, y);
  if (x instanceof Uint8Array && y instanceof Uint8Array) return Buffer.compare(x, y);
  return x < y ? -1 : x > y ? 1 : x == y ? 0 : Number.NaN;
}

function ordered(value: Value): bigint | number | string | Uint8Array | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value instanceof Time || value instanceof Span ? value.nanos : numeric(value);
}

/** By code points, where JavaScript compares halves of them. */
function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const isPlain = !/[\ud800-\udfff]/.test(a + b);
  if (isPlain) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What a look at the whole of a value costs beyond the first step. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length >> 3;
  if (value instanceof Uint8Array) return value.length >> 3;
  return Array.isArray(value) ? value.length : 0;
}
