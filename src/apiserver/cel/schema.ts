import { isRecord } from '../../base/index.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, STRING, TIMESTAMP, type Field, type Merge, type Type } from './types.ts';

type Written = Readonly<Record<string, unknown>>;

const KEYWORDS: ReadonlySet<string> = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package',
  'namespace', 'return', 'var', 'void', 'while',
]); // prettier-ignore

const ESCAPES: Readonly<Record<string, string>> = { '.': '__dot__', '-': '__dash__', '/': '__slash__', __: '__underscores__' };

/** How expressions name a property whose name is no identifier; undefined for one that they cannot name. */
export function escapeName(name: string): string | undefined {
  if (KEYWORDS.has(name)) return `__${name}__`;
  const escaped = name.replace(/__|[.\-/]/g, (found) => ESCAPES[found]!);
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(escaped) ? escaped : undefined;
}

const METADATA: Written = { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } };

/** What expressions see of a value with this schema; undefined where the schema does not say what it is. */
export function declaredType(schema: unknown, isRoot = false, name = 'object'): Type | undefined {
  if (!isRecord(schema)) return undefined;
  if (schema['x-kubernetes-int-or-string'] === true) return DYN;
  switch (schema['type']) {
    case 'array': {
      const item = below(schema['items'], `${name}.@idx`);
      return item && { ...listOf(item), ...mergeOf(schema) };
    }
    case 'object':
      return isRecord(schema['additionalProperties']) && !isRoot
        ? mapType(schema, name)
        : { kind: 'object', name, fields: fieldsOf(schema, isRoot, name) };
    case 'string':
      return TEXTS[String(schema['format'])] ?? STRING;
    case 'boolean':
      return BOOL;
    case 'number':
      return DOUBLE;
    case 'integer':
      return INT;
    default:
      return undefined;
  }
}

const TEXTS: Readonly<Record<string, Type>> = { byte: BYTES, duration: DURATION, date: TIMESTAMP, 'date-time': TIMESTAMP };

const below = (schema: unknown, name: string) => declaredType(schema, isEmbedded(schema), name);

export const isEmbedded = (schema: unknown) => isRecord(schema) && schema['x-kubernetes-embedded-resource'] === true;

function mapType(schema: Written, name: string): Type | undefined {
  const value = below(schema['additionalProperties'], `${name}.@elem`);
  return value && mapOf(STRING, value);
}

function mergeOf(schema: Written): { readonly merge?: Merge } {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] === 'set') return { merge: { by: 'value' } };
  return schema['x-kubernetes-list-type'] === 'map' && Array.isArray(keys) ? { merge: { by: keys as string[] } } : {};
}

/** Every object says what it is and what it is called, whatever its schema says. */
function fieldsOf(schema: Written, isRoot: boolean, owner: string): ReadonlyMap<string, Field> {
  const written = isRecord(schema['properties']) ? schema['properties'] : {};
  const properties = isRoot ? { ...written, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: METADATA } : written;
  return new Map(
    Object.entries(properties).flatMap(([name, property]) => {
      const escaped = escapeName(name);
      const type = below(property, `${owner}.${name}`);
      const nullable = isRecord(property) && property['nullable'] === true;
      return escaped === undefined || !type ? [] : [[escaped, { name, type, nullable }] as const];
    }),
  );
}
