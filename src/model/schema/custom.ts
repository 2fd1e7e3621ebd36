import { createRequire } from 'node:module';
import type { Ajv as AjvInstance, ErrorObject, ValidateFunction } from 'ajv';
import { isRecord } from '../../base/index.ts';
import type { FieldProblem } from '../kinds/kind.ts';
import { formatPath, getPath, type FieldPath } from '../meta/index.ts';
import { referredName, resolve } from './definitions.ts';
import type { Schema } from './openapi-schema.ts';
import { invalid, notSupported, required, tooLong, tooMany, typeInvalid } from './problems.ts';
import { jsonTypeOf } from './values.ts';

let ajv: AjvInstance | undefined;
const compiled = new WeakMap<Schema, ValidateFunction>();

/** What a custom resource's schema has against an object, in the words of Kubernetes. Metadata is judged elsewhere. */
export function validateCustom(schema: Schema, object: object): readonly FieldProblem[] {
  const validate = compiled.get(schema) ?? compile(schema);
  if (validate(object)) return [];
  return (validate.errors ?? []).flatMap((error) => translate(error, object));
}

/** ajv takes as long to load as everything else together: only the first custom resource pays for it. */
function compile(schema: Schema): ValidateFunction {
  if (!ajv) {
    const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv');
    ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, addUsedSchema: false });
  }
  const { metadata: _, ...properties } = schema.properties ?? {};
  const validate = ajv.compile(jsonSchema({ ...schema, properties }));
  compiled.set(schema, validate);
  return validate;
}

/** OpenAPI v3 as JSON Schema: what Kubernetes says in its own words becomes what ajv knows. */
function jsonSchema(schema: Schema): Record<string, unknown> {
  if (referredName(schema)) return jsonSchema(resolve(schema));
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, nullable, type, ...rest } = schema;
  return {
    ...rest,
    ...bound('inimum', minimum, exclusiveMinimum),
    ...bound('aximum', maximum, exclusiveMaximum),
    ...(schema['x-kubernetes-int-or-string'] ? { type: ['integer', 'string'] } : type ? { type: nullable ? [type, 'null'] : type } : {}),
    ...(schema.properties ? { properties: mapValues(schema.properties, jsonSchema) } : {}),
    ...(isRecord(schema.additionalProperties) ? { additionalProperties: jsonSchema(schema.additionalProperties) } : {}),
    ...(schema.items ? { items: jsonSchema(schema.items) } : {}),
    ...(schema.not ? { not: jsonSchema(schema.not) } : {}),
    ...(schema.allOf ? { allOf: schema.allOf.map(jsonSchema) } : {}),
    ...(schema.anyOf ? { anyOf: schema.anyOf.map(jsonSchema) } : {}),
    ...(schema.oneOf ? { oneOf: schema.oneOf.map(jsonSchema) } : {}),
  };
}

function bound(name: 'inimum' | 'aximum', limit: number | undefined, exclusive: boolean | undefined): Record<string, number> {
  if (limit === undefined) return {};
  return { [exclusive ? `exclusiveM${name}` : `m${name}`]: limit };
}

function mapValues<A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function translate(error: ErrorObject, object: object): FieldProblem[] {
  const path = readPointer(error.instancePath, object);
  const value = getPath(object, path);
  const field = formatPath(path);
  const params = error.params as Record<string, unknown>;
  const limit = Number(params['limit']);
  switch (error.keyword) {
    case 'required':
      return [required([...path, String(params['missingProperty'])])];
    case 'type': {
      const seen = value === null ? 'null' : Number.isInteger(value) ? 'integer' : jsonTypeOf(value).replace('bool', 'boolean');
      return [typeInvalid(path, seen, `${field} in body must be of type ${[params['type']].flat()[0]}: ${JSON.stringify(seen)}`)];
    }
    case 'enum':
      return [notSupported(path, value, (params['allowedValues'] as unknown[]).map(String))];
    case 'pattern':
      return [invalid(path, value, `${field} in body should match '${String(params['pattern'])}'`)];
    case 'maxLength':
      return [tooLong(path, limit)];
    case 'maxItems':
      return [tooMany(path, (value as unknown[]).length, limit)];
    default:
      return [invalid(path, value, `${field} in body ${wording(error.keyword, limit) ?? error.message ?? 'is not valid'}`)];
  }
}

function wording(keyword: string, limit: number): string | undefined {
  switch (keyword) {
    case 'minimum':
      return `should be greater than or equal to ${limit}`;
    case 'maximum':
      return `should be less than or equal to ${limit}`;
    case 'exclusiveMinimum':
      return `should be greater than ${limit}`;
    case 'exclusiveMaximum':
      return `should be less than ${limit}`;
    case 'minLength':
      return `should be at least ${limit} chars long`;
    case 'minItems':
      return `should have at least ${limit} items`;
    case 'uniqueItems':
      return `shouldn't contain duplicates`;
    default:
      return undefined;
  }
}

function readPointer(pointer: string, object: unknown): FieldPath {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(getPath(object, path)) ? Number(name) : name);
  }
  return path;
}
