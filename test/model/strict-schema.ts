import { isChoice } from '../../src/model/schema/decode.ts';
import { definition, definitionNames, referredName, resolve } from '../../src/model/schema/definitions.ts';
import { referenceTo } from '../../src/model/schema/notation.ts';
import type { Schema } from '../../src/model/schema/openapi-schema.ts';

/** JSON Schema as a general validator reads it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/** Types that read their own JSON. Go takes any JSON for the raw ones. */
const VALUES: Readonly<Record<string, JsonSchema>> = {
  Quantity: { anyOf: [{ type: 'string', format: 'quantity' }, { type: 'number' }] },
  IntOrString: { anyOf: [{ type: 'string' }, { type: 'integer', ...INT32 }] },
  Time: { type: 'string', format: 'rfc3339' },
  MicroTime: { type: 'string', format: 'rfc3339' },
};

export const FORMATS = {
  quantity: /^\s*[+-]?(\d+\.?\d*|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d{1,2})?\s*$/,
  rfc3339: (text: string) =>
    /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    new Date(`${text.slice(0, 10)}T00:00:00Z`).toJSON()?.slice(0, 10) === text.slice(0, 10),
  base64: (text: string) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
};

/**
 * All definitions as a server reads them that takes no unknown field: what the OpenAPI document leaves open is said.
 * An absent list is an empty one, and an empty text is no choice at all.
 */
export function strictSchemas(): JsonSchema {
  const schemas = Object.fromEntries(definitionNames().map((name) => [name, strictType(name)]));
  return { $id: 'kubernetes', components: { schemas } };
}

function strictType(name: string): JsonSchema {
  const schema = definition(name)!;
  return schema.properties ? strict(schema) : (VALUES[name.slice(name.lastIndexOf('.') + 1)] ?? {});
}

function strict(schema: Schema): JsonSchema {
  const name = referredName(schema);
  if (name !== undefined) return { $ref: referenceTo(name) };
  const { type, properties, additionalProperties, items, enum: choices, format, required = [] } = schema;
  if (properties) {
    return {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(properties).map(([field, inner]) => [
          field,
          inner.enum && isChoice(schema, field) ? { ...strict(inner), enum: inner.enum } : strict(inner),
        ]),
      ),
      required: required.filter((field) => resolve(properties[field]!).type !== 'array'),
      additionalProperties: false,
    };
  }
  if (additionalProperties) return { type: 'object', additionalProperties: strict(additionalProperties) };
  if (type === 'array') return { type, items: strict(items ?? {}) };
  if (type === 'object' || type === undefined) return {};
  return {
    type,
    ...(choices ? { enum: ['', ...choices] } : {}),
    ...(format === 'int32' ? INT32 : {}),
    ...(format === 'byte' ? { format: 'base64' } : {}),
  };
}
