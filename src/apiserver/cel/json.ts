import { spend, within, type Budget } from './budget.ts';
import { sizeOf } from './compare.ts';
import { CelError } from './errors.ts';
import { formatDuration, formatTimestamp } from './time.ts';
import { isMap, isUint, keysOf, memberOf, Span, Struct, Time, typeName, type Value } from './values.ts';

/** What an expression gave, as JSON. A value that holds another many times is that many times as large. */
export const jsonOf = (value: Value, budget: Budget): unknown => within(budget, () => asJson(value));

function asJson(value: Value): unknown {
  spend(1 + sizeOf(value));
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Value[]).map(asJson);
  if (value instanceof Struct) return value.made ? members(value.made.keys(), (name) => value.made!.get(name)!) : value.raw;
  if (isMap(value)) return members(keysOf(value), (key) => memberOf(value, key)!);
  if (isUint(value)) return Number(value.value);
  if (value instanceof Time) return formatTimestamp(value.nanos);
  if (value instanceof Span) return formatDuration(value.nanos);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  throw new CelError(`a value of type ${typeName(value)} cannot be written as JSON`);
}

function members(keys: Iterable<Value>, member: (key: string) => Value): object {
  const entries = Array.from(keys, (key) => {
    if (typeof key !== 'string') throw new CelError(`map key "${String(key as unknown)}" is of type ${typeName(key)}, not string`);
    return [key, asJson(member(key))] as const;
  });
  return Object.fromEntries(entries);
}
