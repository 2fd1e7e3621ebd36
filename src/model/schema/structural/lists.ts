import { canonicalJson, isRecord, ownMember } from '../../../base/index.ts';
import type { FieldPath } from '../../meta/index.ts';
import type { Schema } from '../openapi-schema.ts';
import { duplicate, type FieldProblem } from '../problems.ts';

/** Lists that are sets or maps hold no item twice: apply could not tell the two apart. */
export function listProblems(schema: Schema, value: unknown, path: FieldPath = []): readonly FieldProblem[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return [...duplicates(schema, value, path), ...(items ? value.flatMap((item, i) => listProblems(items, item, [...path, i])) : [])];
  }
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const below = ownMember(schema.properties, name) ?? schema.additionalProperties;
    return below && typeof member === 'object' && member !== null ? listProblems(below, member, [...path, name]) : [];
  });
}

function duplicates(schema: Schema, items: readonly unknown[], path: FieldPath): FieldProblem[] {
  const list = schema['x-kubernetes-list-type'];
  if (list !== 'set' && list !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const seen = new Set<string>();
  return items.flatMap((item, i) => {
    const name = list === 'set' ? item : Object.fromEntries(keys.map((key) => [key, isRecord(item) ? item[key] : undefined]));
    const text = canonicalJson(name);
    if (seen.has(text)) return [duplicate([...path, i], name)];
    seen.add(text);
    return [];
  });
}
