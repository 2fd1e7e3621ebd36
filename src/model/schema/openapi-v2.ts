import type { Schema } from './openapi-schema.ts';

const REFERENCE = '#/components/schemas/';

/** What the version before of OpenAPI has no word for. */
const UNKNOWN: ReadonlySet<string> = new Set(['anyOf', 'not', 'nullable']);

/** A schema as the version before says it: what may be one of several is text, and a reference stands by itself. */
export function toOpenApiV2(schema: Schema): object {
  const { allOf, oneOf, $ref = allOf?.length === 1 ? allOf[0]!.$ref : undefined, ...facts } = schema;
  if ($ref) {
    return { ...(facts.description ? { description: facts.description } : {}), $ref: `#/definitions/${$ref.slice(REFERENCE.length)}` };
  }
  const members = Object.entries(facts).filter(([name]) => !UNKNOWN.has(name));
  const converted = Object.fromEntries(members.map(([name, fact]) => [name, convert(name, fact)]));
  const isEither = schema['x-kubernetes-int-or-string'] === true;
  return {
    ...converted,
    ...(oneOf && !facts.type ? { type: 'string' } : {}),
    ...(isEither ? { type: 'string', format: 'int-or-string' } : {}),
  };
}

function convert(name: string, fact: unknown): unknown {
  if (name === 'items' || name === 'additionalProperties') return toOpenApiV2(fact as Schema);
  if (name !== 'properties') return fact;
  return Object.fromEntries(Object.entries(fact as Record<string, Schema>).map(([field, schema]) => [field, toOpenApiV2(schema)]));
}
