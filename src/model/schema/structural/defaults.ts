import { isRecord } from '../../../base/index.ts';
import type { Schema } from '../openapi-schema.ts';

const filling = new WeakMap<Schema, boolean>();

/** Whether anything in the schema has a default: most have none, and their objects need no walk. */
function hasDefaults(schema: Schema): boolean {
  const known = filling.get(schema);
  if (known !== undefined) return known;
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  const found = inner.some((part) => part !== undefined && (part.default !== undefined || hasDefaults(part)));
  filling.set(schema, found);
  return found;
}

/** The value with the schema's defaults where it says nothing; the value itself where it says everything. */
export function fillDefaults<T>(schema: Schema, value: T): T {
  if (!hasDefaults(schema)) return value;
  if (Array.isArray(value)) return fillItems(schema, value) as T;
  return isRecord(value) ? (fillMembers(schema, value) as T) : value;
}

function fillItems(schema: Schema, items: readonly unknown[]): readonly unknown[] {
  const { items: item } = schema;
  if (!item) return items;
  const filled = items.map((member) => fillOne(item, member));
  return filled.every((member, i) => member === items[i]) ? items : filled;
}

function fillMembers(schema: Schema, value: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { properties = {}, additionalProperties } = schema;
  let filled: Record<string, unknown> | undefined;
  const set = (name: string, member: unknown) => {
    if (member !== undefined && member !== value[name]) (filled ??= { ...value })[name] = member;
  };
  for (const [name, property] of Object.entries(properties)) {
    if (Object.hasOwn(value, name) || property.default !== undefined) set(name, fillOne(property, value[name]));
  }
  if (additionalProperties) {
    for (const name of Object.keys(value)) if (!Object.hasOwn(properties, name)) set(name, fillOne(additionalProperties, value[name]));
  }
  return filled ?? value;
}

/** A default is filled in itself: an empty object as the default brings the defaults of its fields. */
function fillOne(schema: Schema, value: unknown): unknown {
  const isMissing = value === undefined || (value === null && !schema.nullable);
  const present = isMissing && schema.default !== undefined ? schema.default : value;
  return fillDefaults(schema, present);
}
