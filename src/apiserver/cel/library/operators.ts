import { compare, counterpartOf } from '../compare.ts';
import { CelError } from '../errors.ts';
import type { Operators } from '../functions.ts';
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { marked, mergeOf, Span, Time, type Uint, type Value } from '../values.ts';

export function int(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelError('integer overflow');
  return value;
}

export function uint(value: bigint): Uint {
  if (BigInt.asUintN(64, value) !== value) throw new CelError('unsigned integer overflow');
  return new UnsignedInt(value);
}

function span(nanos: bigint): Span {
  if (BigInt.asIntN(64, nanos) !== nanos) throw new CelError('duration overflow');
  return new Span(nanos);
}

const ordered = (type: string): Operators => ({
  [`${type} < ${type}`]: (a: Value, b: Value) => compare(a, b) < 0,
  [`${type} <= ${type}`]: (a: Value, b: Value) => compare(a, b) <= 0,
  [`${type} > ${type}`]: (a: Value, b: Value) => compare(a, b) > 0,
  [`${type} >= ${type}`]: (a: Value, b: Value) => compare(a, b) >= 0,
});

/** The operators that the evaluator does not have for itself; each with what it gives. */
export const OPERATORS: Operators = {
  ...ordered('bytes'),
  ...ordered('timestamp'),
  ...ordered('duration'),
  'timestamp + duration: timestamp': (a: Time, b: Span) => new Time(a.nanos + b.nanos),
  'duration + timestamp: timestamp': (a: Span, b: Time) => new Time(a.nanos + b.nanos),
  'duration + duration: duration': (a: Span, b: Span) => span(a.nanos + b.nanos),
  'timestamp - timestamp: duration': (a: Time, b: Time) => span(a.nanos - b.nanos),
  'timestamp - duration: timestamp': (a: Time, b: Span) => new Time(a.nanos - b.nanos),
  'duration - duration: duration': (a: Span, b: Span) => span(a.nanos - b.nanos),
};

/** One after the other; the sum of two sets is their union, and in a map the second has its say. */
export function joined(a: readonly Value[], b: readonly Value[]): readonly Value[] {
  const merge = mergeOf(a) ?? mergeOf(b);
  if (!merge) return [...a, ...b];
  const kept = merge.by === 'value' ? a : a.map((item) => counterpartOf(item, b, merge) ?? item);
  return marked([...kept, ...b.filter((item) => counterpartOf(item, a, merge) === undefined)], merge);
}
