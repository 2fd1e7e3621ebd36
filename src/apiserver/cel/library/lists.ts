import { spend } from '../budget.ts';
import { compare, equal, isIn } from '../compare.ts';
import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { Span, type Uint, type Value } from '../values.ts';
import { each, ORDERED } from './each.ts';
import { int, uint } from './operators.ts';

type Items = readonly Value[];

const isSorted = (items: Items) => items.every((item, i) => i === 0 || compare(items[i - 1]!, item) <= 0);

function extreme(name: string, sign: number): (items: Items) => Value {
  return (items) => {
    if (items.length === 0) throw new CelError(`${name} called on empty list`);
    return items.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best));
  };
}

const includesAll = (outer: Items, inner: Items) => {
  spend(outer.length * inner.length);
  return inner.every((item) => isIn(item, outer));
};

/** Lists, and sets of `sets.`. */
export const LISTS: Library = {
  ...each(ORDERED, {
    '.isSorted(list(T)): bool': isSorted,
    '.min(list(T)): T': extreme('min', -1),
    '.max(list(T)): T': extreme('max', 1),
  }),
  '.sum(list(int)): int': (items: readonly bigint[]) => items.reduce((a, b) => int(a + b), 0n),
  '.sum(list(uint)): uint': (items: readonly Uint[]) => items.reduce((a, b) => uint(a.value + b.value), uint(0n)),
  '.sum(list(double)): double': (items: readonly number[]) => items.reduce((a, b) => a + b, 0),
  '.sum(list(duration)): duration': (items: readonly Span[]) => items.reduce((a, b) => new Span(int(a.nanos + b.nanos)), new Span(0n)),
  '.indexOf(list(A), A): int': (items: Items, wanted: Value) => BigInt(items.findIndex((item) => equal(item, wanted))),
  '.lastIndexOf(list(A), A): int': (items: Items, wanted: Value) => BigInt(items.findLastIndex((item) => equal(item, wanted))),
  'sets.contains(list(A), list(A)): bool': includesAll,
  'sets.equivalent(list(A), list(A)): bool': (a: Items, b: Items) => includesAll(a, b) && includesAll(b, a),
  'sets.intersects(list(A), list(A)): bool': (a: Items, b: Items) => {
    spend(a.length * b.length);
    return a.some((item) => isIn(item, b));
  },
};
