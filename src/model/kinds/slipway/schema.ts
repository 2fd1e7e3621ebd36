import { fullName, referenceTo } from '../../schema/notation.ts';
import type { Schema } from '../../schema/openapi-schema.ts';

/** Words for writing the schema of a kind of our own. */
export const text = (description: string): Schema => ({ type: 'string', description });
export const whole = (description: string): Schema => ({ type: 'integer', format: 'int32', description });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const choice = (description: string, ...values: string[]): Schema => ({ type: 'string', description, enum: values });
export const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });
export const listOf = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  description,
  'x-kubernetes-list-type': 'atomic',
});

export function struct(description: string, properties: Record<string, Schema>, required: string[] = []): Schema {
  return { type: 'object', description, properties, ...(required.length > 0 ? { required } : {}) };
}

/** A whole object: what every kind has, and its own fields. */
export function objectSchema(description: string, properties: Record<string, Schema>, required: string[] = []): Schema {
  return struct(
    description,
    {
      apiVersion: text('Group and version of the schema that the object follows.'),
      kind: text('What the object is.'),
      metadata: { allOf: [{ $ref: referenceTo(fullName('meta.v1.ObjectMeta')) }], default: {} },
      ...properties,
    },
    required,
  );
}

export const CONDITIONS: Schema = {
  type: 'array',
  description: 'What can be said of the object now.',
  items: { $ref: referenceTo(fullName('meta.v1.Condition')) },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
};
