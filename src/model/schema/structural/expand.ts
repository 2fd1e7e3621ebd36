import { isRecord } from '../../../base/index.ts';
import { fullName, referenceTo } from '../notation.ts';
import type { Schema } from '../openapi-schema.ts';

/** What is said of them stands with the document that is made for people. */
const METADATA: Schema = { $ref: referenceTo(fullName('meta.v1.ObjectMeta')) };

const TYPE_META: Readonly<Record<string, Schema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
};

/**
 * A definition's schema with what it leaves unsaid: every object, and every object embedded in one, has an apiVersion, a
 * kind and metadata. Made once for each version of a definition: pruning, defaulting, merging and validation read it.
 */
export function expandSchema(written: unknown): Schema {
  const schema = expand(isRecord(written) ? written : {});
  return { ...withObjectFields(schema), type: 'object' };
}

function expand(written: Readonly<Record<string, unknown>>): Schema {
  const { properties, additionalProperties, items, ...rest } = written;
  const schema: Schema = {
    ...(rest as Schema),
    ...(isRecord(properties) ? { properties: mapSchemas(properties) } : {}),
    ...(isRecord(items) ? { items: expand(items) } : {}),
    // `true` says that there may be more, and nothing of what it is.
    ...(additionalProperties === true ? { additionalProperties: {} } : {}),
    ...(isRecord(additionalProperties) ? { additionalProperties: expand(additionalProperties) } : {}),
  };
  return schema['x-kubernetes-embedded-resource'] ? withObjectFields(schema) : schema;
}

function mapSchemas(properties: Readonly<Record<string, unknown>>): Record<string, Schema> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, expand(isRecord(schema) ? schema : {})]));
}

/** What a definition says of metadata restricts the name alone; it is kept beside the reference for validation. */
function withObjectFields(schema: Schema): Schema {
  const { metadata: restricted, apiVersion: _a, kind: _k, ...others } = schema.properties ?? {};
  const metadata = restricted?.properties ? { allOf: [METADATA], properties: restricted.properties } : METADATA;
  return { ...schema, properties: { ...TYPE_META, metadata, ...others } };
}
