import { isRecord, ownMember } from '../../base/index.ts';
import { spend } from './budget.ts';
import { CelError } from './errors.ts';
import { Optional as LibraryOptional } from '@marcbachmann/cel-js';
import { UnsignedInt } from '@marcbachmann/cel-js/evaluator';
import { parseDuration, parseTimestamp } from './time.ts';
import { DYN, formatType, type Field, type Merge, type ObjectType, type Type } from './types.ts';

/** What an expression works with: an `int` is a bigint, a `double` a number, a list an array, a map a `Map` or a plain object. */
export type Value = null | boolean | bigint | number | string | object;

/** A moment, in nanoseconds since 1970. */
export class Time {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Span {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A value of a library's own, such as a quantity. */
export abstract class Opaque {
  abstract readonly type: string;
  abstract equals(other: Opaque): boolean;
}

/** What is given to an expression as an optional value. */
export class Optional {
  readonly value: Value | undefined;

  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** The evaluator's own unsigned numbers and optional values, as far as they are used here. */
export interface Uint {
  readonly value: bigint;
}
export interface Maybe {
  hasValue(): boolean;
  value(): Value;
}

export const isUint = (value: Value): value is Uint => value instanceof UnsignedInt;
export const isMaybe = (value: Value): value is Maybe => value instanceof LibraryOptional;
export const maybe = (value: Value | undefined): Maybe => LibraryOptional.of(value) as Maybe;

/** Members that are found by their names. */
export interface Dict {
  readonly isDict: true;
  readonly size: number;
  get(key: Value): Value | undefined;
  keys(): readonly Value[];
}

export const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && 'isDict' in value;

type Read = (name: string) => Value | undefined;

/** An object of which a schema knows the fields: each is read when it is asked for. Every type has a class of its own. */
export class Struct extends Map<string, Value> {
  readonly type: ObjectType;
  readonly raw: Readonly<Record<string, unknown>>;
  /** All fields of one that an expression made. */
  readonly made: ReadonlyMap<string, Value> | undefined;
  readonly #read: Read;

  constructor(type: ObjectType, raw: Readonly<Record<string, unknown>>, read: Read, made?: ReadonlyMap<string, Value>) {
    super();
    this.type = type;
    this.raw = raw;
    this.made = made;
    this.#read = read;
  }

  /** Undefined where the object does not have it. */
  override get(name: string): Value | undefined {
    const known = super.get(name);
    if (known !== undefined) return known;
    const value = this.#read(name);
    if (value !== undefined) super.set(name, value);
    return value;
  }
}

export interface StructClass {
  readonly type: ObjectType;
  new (...args: ConstructorParameters<typeof Struct>): Struct;
}

const classes = new WeakMap<ObjectType, StructClass>();

export function classOf(type: ObjectType): StructClass {
  const known =
    classes.get(type) ??
    class extends Struct {
      static readonly type = type;
    };
  classes.set(type, known);
  return known;
}

/** What has the fields of a type, as a value of it. */
export const structOf = (type: ObjectType, dict: Dict): Struct => new (classOf(type))(type, {}, (name) => dict.get(name));

/** Stands for a member that was asked for and is not there. */
export const MISSING: Value = Object.freeze({});

/** What an expression makes of these fields. */
export function messageOf(made: StructClass, entries: readonly (readonly [name: string, value: Value])[]): Struct {
  const members = new Map(entries.filter(([, value]) => value !== MISSING));
  return new made(made.type, {}, (name) => members.get(name), members);
}

function readField({ fields }: ObjectType, raw: Readonly<Record<string, unknown>>): Read {
  return (name) => {
    const field = fields.get(name);
    const member = field && ownMember(raw, field.name);
    return member === undefined ? undefined : adaptField(field!, member);
  };
}

function adaptField(field: Field, member: unknown): Value {
  if (member === null && !field.nullable && field.type.kind !== 'dyn') {
    throw new CelError('invalid data, got null for schema with nullable=false');
  }
  return adapt(field.type, member);
}

const merges = new WeakMap<object, Merge>();

/** What a list is besides a sequence. */
export const mergeOf = (list: object): Merge | undefined => merges.get(list);

export function marked<T extends object>(list: T, merge: Merge | undefined): T {
  if (merge) merges.set(list, merge);
  return list;
}

/** A JSON value as a value of this type. What is not of the type is a mistake that evaluation tells. */
export function adapt(type: Type, raw: unknown): Value {
  if (raw === null || raw === undefined) return null;
  switch (type.kind) {
    case 'list':
      return Array.isArray(raw) ? marked(adaptList(type.item, raw), type.merge) : mismatch(type, raw);
    case 'map':
      return isRecord(raw) ? adaptMap(type.value, raw) : mismatch(type, raw);
    case 'object':
      return isRecord(raw) ? new (classOf(type))(type, raw, readField(type, raw)) : mismatch(type, raw);
    case 'double':
      return typeof raw === 'number' ? raw : mismatch(type, raw);
    case 'timestamp':
      return typeof raw === 'string' ? new Time(parseTimestamp(raw)) : mismatch(type, raw);
    case 'duration':
      return typeof raw === 'string' ? new Span(parseDuration(raw)) : mismatch(type, raw);
    case 'bytes':
      return typeof raw === 'string' ? Buffer.from(raw, 'base64') : mismatch(type, raw);
    default:
      return adaptPlain(raw);
  }
}

function adaptList(item: Type, raw: readonly unknown[]): readonly Value[] {
  spend(raw.length);
  return raw.map((member) => adapt(item, member));
}

function adaptMap(value: Type, raw: Readonly<Record<string, unknown>>): Map<string, Value> {
  const entries = Object.entries(raw).filter(([, member]) => member !== undefined);
  spend(entries.length);
  return new Map(entries.map(([key, member]) => [key, adapt(value, member)]));
}

function mismatch(type: Type, raw: unknown): never {
  throw new CelError(`invalid data, expected ${formatType(type)}, got ${Array.isArray(raw) ? 'list' : typeof raw}`);
}

function adaptPlain(raw: unknown): Value {
  if (typeof raw === 'number') return Number.isInteger(raw) ? BigInt(raw) : raw;
  if (Array.isArray(raw)) return adaptList(DYN, raw);
  return isRecord(raw) ? adaptMap(DYN, raw) : (raw as string | boolean);
}

/** What `type(x)` is called. */
export function typeName(value: Value): string {
  switch (typeof value) {
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    default:
      return objectName(value);
  }
}

function objectName(value: object | null): string {
  if (value === null) return 'null_type';
  if (isUint(value)) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Time) return 'google.protobuf.Timestamp';
  if (value instanceof Span) return 'google.protobuf.Duration';
  if (value instanceof Struct) return value.type.name;
  if (value instanceof Opaque) return value.type;
  if (isMaybe(value)) return 'optional_type';
  return isMap(value) ? 'map' : 'type';
}

export type MapValue = ReadonlyMap<Value, Value> | Readonly<Record<string, Value>>;

export const isMap = (value: Value): value is MapValue =>
  value instanceof Map ? !(value instanceof Struct) : isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;

export function keysOf(map: MapValue): readonly Value[] {
  const keys: Value[] = map instanceof Map ? [...(map.keys() as Iterable<Value>)] : Object.keys(map);
  spend(keys.length);
  return keys;
}
export const memberOf = (map: MapValue, key: Value): Value | undefined =>
  map instanceof Map ? (map.get(key) as Value) : ownMember(map as Record<string, Value>, String(key as string));
