import { isRecord } from '../../base/index.ts';
import { formatPath, type FieldPath, type FieldStep } from '../meta/index.ts';
import { referredName, resolve } from './definitions.ts';
import { isLeftOutWhenEmpty } from './notation.ts';
import type { Schema } from './openapi-schema.ts';
import { notSupported, required, type FieldProblem } from './problems.ts';
import { valueType } from './shapes.ts';
import { base64Error, isInt32, isInt64, jsonTypeOf, VALUE_READERS } from './values.ts';

interface Decoded {
  /** The value without unknown fields, in canonical form: quantities and times normalized, empty optional fields left out. */
  readonly value: unknown;
  /** Why it cannot be decoded, in Go's words. Kubernetes reports the first. */
  readonly errors: readonly string[];
  /** Paths of fields that the schema does not have. */
  readonly unknown: readonly string[];
  /** Required fields that are missing, and values outside their enumeration. */
  readonly problems: readonly FieldProblem[];
  /** Whether it lacks what Go holds in any case, though that is no problem: a list that is required. */
  readonly lacks: boolean;
}

interface DecodeOptions {
  /** Where the value lies in its object. */
  readonly at?: FieldPath;
  /** Values of the wrong type are left as they are: another judge will say it. */
  readonly lenient?: boolean;
  /** Fields that Go never leaves out hold their zero where they are missing. */
  readonly zeros?: boolean;
}

/** Reads a value by its schema as Kubernetes' JSON decoder reads it into a Go type. */
export function decode(schema: Schema, value: unknown, options: DecodeOptions = {}): Decoded {
  const reader = new Reader(options);
  const read = reader.read(schema, value, rootName(schema));
  return { value: read, errors: reader.errors, unknown: reader.unknown, problems: reader.problems, lacks: reader.lacks };
}

const rootName = (schema: Schema) =>
  (referredName(schema) ?? schema['x-kubernetes-group-version-kind']?.[0]?.kind ?? '').replace(/.*\./, '');

class Reader {
  readonly errors: string[] = [];
  readonly unknown: string[] = [];
  readonly problems: FieldProblem[] = [];
  lacks = false;
  readonly #path: FieldStep[];
  /** The struct fields of the path: Go's errors name neither a list's places nor a map's keys. */
  readonly #fields: string[];
  readonly #lenient: boolean;
  readonly #zeros: boolean;

  constructor({ at = [], lenient = false, zeros = false }: DecodeOptions) {
    this.#zeros = zeros;
    this.#path = [...at];
    this.#fields = at.map(String);
    this.#lenient = lenient;
  }

  /** `owner` is the struct that the value is a field of. */
  read(schema: Schema, value: unknown, owner: string): unknown {
    const readValue = VALUE_READERS[valueType(schema) ?? ''];
    if (readValue) {
      const result = readValue(value);
      if (result.ok) return result.value;
      this.errors.push(result.error);
      return value;
    }
    const target = resolve(schema);
    if (target.properties) return this.#struct(target, schema, value, owner);
    if (target.additionalProperties) return this.#map(schema, target.additionalProperties, value, owner);
    switch (target.type) {
      case 'array':
        return this.#list(schema, target.items ?? {}, value, owner);
      case 'string':
        return this.#text(target, value, owner);
      case 'integer':
      case 'number':
        return this.#number(target, value, owner);
      case 'boolean':
        return typeof value === 'boolean' ? value : this.#mismatch(schema, value, owner);
      default:
        return value;
    }
  }

  #struct(target: Schema, schema: Schema, value: unknown, owner: string): unknown {
    if (!isRecord(value)) return this.#mismatch(schema, value, owner);
    const properties = target.properties!;
    const name = referredName(schema)?.replace(/.*\./, '') ?? owner;
    const read: Record<string, unknown> = {};
    for (const field in value) {
      const member = value[field];
      if (!Object.hasOwn(properties, field)) {
        if (target['x-kubernetes-preserve-unknown-fields']) read[field] = member;
        else this.unknown.push(formatPath([...this.#path, field]));
      } else if (member !== null && member !== undefined) {
        const inner = properties[field]!;
        const decoded = this.#member(field, inner, member, name);
        if (isLeftOutWhenEmpty(inner) && isEmpty(decoded)) continue;
        read[field] = decoded;
        if (member === '' && inner.enum?.includes('') === false && isChoice(target, field) && this.#judges())
          this.problems.push(notSupported([...this.#path, field], member, inner.enum.map(String)));
      } else if (properties[field]!.nullable) read[field] = member;
    }
    for (const field of target.required ?? []) {
      if (read[field] !== undefined) continue;
      const inner = properties[field];
      const zero = inner && this.#zeros ? (inner.default ?? (resolve(inner).type === 'array' ? [] : undefined)) : undefined;
      if (isEmpty(zero)) read[field] = this.#member(field, inner!, zero, name);
      else this.#missing(field, inner, value);
    }
    return read;
  }

  #member(field: string, schema: Schema, value: unknown, owner: string): unknown {
    this.#path.push(field);
    this.#fields.push(field);
    const read = this.read(schema, value, owner);
    this.#path.pop();
    this.#fields.pop();
    return read;
  }

  /** An absent list is an empty one: only rules of the kind can mind. */
  #missing(field: string, schema: Schema | undefined, owner: Record<string, unknown>): void {
    if (!this.#judges() || owner[field] === '') return;
    if (schema && resolve(schema).type === 'array') this.lacks = true;
    else this.problems.push(required([...this.#path, field]));
  }

  #map(schema: Schema, member: Schema, value: unknown, owner: string): unknown {
    if (!isRecord(value)) return this.#mismatch(schema, value, owner);
    const read: Record<string, unknown> = {};
    const isText = isPlainText(member);
    for (const key in value) {
      if (isText && typeof value[key] === 'string' && key !== '__proto__') {
        read[key] = value[key];
        continue;
      }
      this.#path.push(key);
      // No object of JavaScript can be trusted to hold it: it is refused or warned of as an unknown field is.
      if (key === '__proto__') this.unknown.push(formatPath(this.#path));
      else read[key] = value[key] === null ? zeroOf(member) : this.read(member, value[key], owner);
      this.#path.pop();
    }
    return read;
  }

  #list(schema: Schema, item: Schema, value: unknown, owner: string): unknown {
    if (!Array.isArray(value)) return this.#mismatch(schema, value, owner);
    return value.map((member: unknown, i) => {
      this.#path.push(i);
      const read = member === null ? zeroOf(item) : this.read(item, member, owner);
      this.#path.pop();
      return read;
    });
  }

  #text(schema: Schema, value: unknown, owner: string): unknown {
    if (typeof value !== 'string') return this.#mismatch(schema, value, owner);
    if (schema.format === 'byte') {
      const error = base64Error(value);
      if (error) this.errors.push(error);
    }
    if (schema.enum && !schema.enum.includes(value) && value !== '' && this.#judges()) {
      this.problems.push(notSupported([...this.#path], value, schema.enum.map(String)));
    }
    return value;
  }

  /** A status says what is: only its kind's own rules can mind. */
  #judges(): boolean {
    return !this.#lenient && this.#path[0] !== 'status';
  }

  #number(schema: Schema, value: unknown, owner: string): unknown {
    if (typeof value !== 'number') return this.#mismatch(schema, value, owner);
    const fits = schema.type === 'number' || (schema.format === 'int32' ? isInt32(value) : isInt64(value));
    return fits ? value : this.#mismatch(schema, value, owner, `number ${value}`);
  }

  #mismatch(schema: Schema, value: unknown, owner: string, seen = jsonTypeOf(value)): unknown {
    if (this.#lenient) return value;
    const field = this.#fields.join('.');
    const where = field ? `Go struct field ${owner}.${field}` : 'Go value';
    this.errors.push(`json: cannot unmarshal ${seen} into ${where} of type ${goType(schema)}`);
    return value;
  }
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

/** Any text will do: most maps hold such. */
function isPlainText(schema: Schema): boolean {
  return schema.type === 'string' && !schema.format && !schema.enum && !VALUE_READERS[valueType(schema) ?? ''];
}

/** A text that may be left out, and is kept where it is empty: then that is what was chosen. */
export const isChoice = ({ properties = {}, required = [] }: Schema, field: string): boolean =>
  !required.includes(field) && !isLeftOutWhenEmpty(properties[field]!);

/** What a null in a list or a map becomes. */
function zeroOf(schema: Schema): unknown {
  const target = resolve(schema);
  if (target.properties || target.additionalProperties) return {};
  if (target.type === 'array') return [];
  if (target.type === 'boolean') return false;
  if (target.type === 'integer' || target.type === 'number') return 0;
  return valueType(schema) === 'Quantity' ? '0' : target.type === 'string' ? '' : null;
}

function goType(schema: Schema): string {
  const name = referredName(schema);
  if (name) return name.split('.').slice(-2).join('.');
  if (schema.type === 'array') return `[]${goType(schema.items ?? {})}`;
  if (schema.additionalProperties) return `map[string]${goType(schema.additionalProperties)}`;
  if (schema.type === 'boolean') return 'bool';
  if (schema.type === 'string') return schema.format === 'byte' ? '[]uint8' : 'string';
  return schema.type === 'number' ? 'float64' : (schema.format ?? 'interface {}');
}
