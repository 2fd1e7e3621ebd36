import { CelError } from '../errors.ts';
import type { Library } from '../functions.ts';
import { evaluate } from '@marcbachmann/cel-js';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from '../time.ts';
import { keysOf, Span, Time, typeName, type MapValue, type Uint, type Value } from '../values.ts';
import { int, uint } from './operators.ts';

const SECOND = 1_000_000_000n;

function whole(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

function readInteger(text: string, what: string, read: (value: bigint) => Value): Value {
  if (!/^[+-]?\d+$/.test(text)) throw new CelError(`strconv.${what}: parsing ${JSON.stringify(text)}: invalid syntax`);
  try {
    return read(BigInt(text.replace('+', '')));
  } catch {
    throw new CelError(`strconv.${what}: parsing ${JSON.stringify(text)}: value out of range`);
  }
}

function readDouble(text: string): number {
  const known = /^([+-]?)(?:(inf(?:inity)?)|(nan))$/i.exec(text);
  if (known) return known[3] ? Number.NaN : known[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** As Go writes it: with an exponent below a ten thousandth. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}

function readBool(text: string): boolean {
  if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(text)) return false;
  throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

const types = new Map<string, Value>();

/** A type as a value: what its name stands for in an expression. */
export function typeOf(name: string): Value {
  const known = types.get(name) ?? (KNOWN_TYPES.has(name) ? (evaluate(name) as Value) : newType(name));
  types.set(name, known);
  return known;
}

const KNOWN_TYPES: ReadonlySet<string> = new Set([
  'bool', 'bytes', 'double', 'google.protobuf.Duration', 'google.protobuf.Timestamp', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint',
]); // prettier-ignore

function newType(name: string): Value {
  const { constructor } = evaluate('type') as { readonly constructor: new (name: string) => Value };
  return new constructor(name);
}

const same = (value: Value) => value;
const length = (text: string) => BigInt(/[\ud800-\udfff]/.test(text) ? [...text].length : text.length);

const SIZES: Library = {
  'size(string): int': length,
  'size(bytes): int': (bytes: Uint8Array) => BigInt(bytes.length),
  'size(list(A)): int': (list: readonly Value[]) => BigInt(list.length),
  'size(map(A, B)): int': (map: MapValue) => BigInt(keysOf(map).length),
};

export const CONVERSIONS: Library = {
  ...SIZES,
  ...Object.fromEntries(Object.entries(SIZES).map(([signature, body]) => [`.${signature}`, body])),
  'dyn(A): dyn': same,
  'type(A): type': (value: Value) => typeOf(typeName(value)),
  'bool(bool): bool': same,
  'bool(string): bool': readBool,
  'int(int): int': same,
  'int(uint): int': ({ value }: Uint) => int(value),
  'int(double): int': (value: number) => int(whole(value)),
  'int(string): int': (text: string) => readInteger(text, 'ParseInt', int),
  'int(timestamp): int': ({ nanos }: Time) => nanos / SECOND - (nanos % SECOND < 0n ? 1n : 0n),
  'int(duration): int': ({ nanos }: Span) => nanos,
  'uint(uint): uint': same,
  'uint(int): uint': uint,
  'uint(double): uint': (value: number) => uint(whole(value)),
  'uint(string): uint': (text: string) => readInteger(text, 'ParseUint', uint),
  'double(double): double': same,
  'double(int): double': Number,
  'double(uint): double': ({ value }: Uint) => Number(value),
  'double(string): double': readDouble,
  'bytes(bytes): bytes': same,
  'bytes(string): bytes': (text: string) => Buffer.from(text),
  'string(string): string': same,
  'string(bool|int): string': String,
  'string(uint): string': ({ value }: Uint) => String(value),
  'string(double): string': formatDouble,
  'string(bytes): string': readText,
  'string(timestamp): string': ({ nanos }: Time) => formatTimestamp(nanos),
  'string(duration): string': ({ nanos }: Span) => formatDuration(nanos),
  'timestamp(timestamp): timestamp': same,
  'timestamp(string): timestamp': (text: string) => new Time(parseTimestamp(text)),
  'timestamp(int): timestamp': (seconds: bigint) => new Time(seconds * SECOND),
  'duration(duration): duration': same,
  'duration(string): duration': (text: string) => new Span(parseDuration(text)),
  'duration(int): duration': (nanos: bigint) => new Span(nanos),
};
