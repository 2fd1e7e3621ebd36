import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullName, readType, type TypeNotation } from './notation.ts';
import type { Schema } from './openapi-schema.ts';

const REFERENCE_PREFIX = '#/components/schemas/';

/** Types that are values on the wire, whatever Go makes of them. */
const VALUE_TYPES: Readonly<Record<string, Schema>> = {
  'resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
  'intstr.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  'meta.v1.Time': { type: 'string', format: 'date-time' },
  'meta.v1.MicroTime': { type: 'string', format: 'date-time' },
  'meta.v1.FieldsV1': { type: 'object' },
  'meta.v1.Patch': { type: 'object' },
  'runtime.RawExtension': { type: 'object' },
  'apiextensions.v1.CustomResourceSubresourceStatus': { type: 'object' },
  'apiextensions.v1.JSON': {},
  'apiextensions.v1.JSONSchemaPropsOrArray': {},
  'apiextensions.v1.JSONSchemaPropsOrBool': {},
  'apiextensions.v1.JSONSchemaPropsOrStringArray': {},
};

const expanded = new Map<string, Schema>();
let structure: ReadonlyMap<string, TypeNotation> | undefined;

/** The definition of a type by its full name (`io.k8s.api.core.v1.Pod`), read and expanded on first use. */
export function definition(name: string): Schema | undefined {
  const known = expanded.get(name);
  if (known) return known;
  structure ??= readStructure();
  const notation = structure.get(name);
  if (!notation) return undefined;
  const schema = readType(notation);
  expanded.set(name, schema);
  return schema;
}

/** The schema itself, or the definition that it refers to. */
export function resolve(schema: Schema): Schema {
  const name = referredName(schema);
  if (name === undefined) return schema;
  const found = definition(name);
  if (!found) throw new Error(`the schema has no definition ${name}`);
  return found;
}

/** The name that a schema refers to, directly or as the one part of `allOf`. */
export function referredName(schema: Schema): string | undefined {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return reference?.slice(REFERENCE_PREFIX.length);
}

export function definitionNames(): readonly string[] {
  structure ??= readStructure();
  return [...structure.keys(), ...Object.keys(VALUE_TYPES).map(fullName)];
}

/** A type's own text under `.`, its fields' under their names. Loaded apart: only documents for people need it. */
export function readDescriptions(): ReadonlyMap<string, Readonly<Record<string, string>>> {
  return readTable<Readonly<Record<string, string>>>('descriptions.jsonl');
}

function readStructure(): ReadonlyMap<string, TypeNotation> {
  for (const [short, schema] of Object.entries(VALUE_TYPES)) expanded.set(fullName(short), schema);
  return readTable<TypeNotation>('structure.jsonl');
}

/** A line each: a short name and what is known of it. */
function readTable<T>(file: string): ReadonlyMap<string, T> {
  const text = readFileSync(join(import.meta.dirname, 'generated', file), 'utf8');
  const entries = JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as [short: string, value: T][];
  return new Map(entries.map(([short, value]) => [fullName(short), value]));
}
