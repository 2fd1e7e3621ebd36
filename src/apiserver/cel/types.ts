/** What an expression gives. */
export type Type =
  | { readonly kind: 'bool' | 'bytes' | 'double' | 'duration' | 'dyn' | 'int' | 'null' | 'string' | 'timestamp' | 'type' | 'uint' }
  | { readonly kind: 'list'; readonly item: Type; readonly merge?: Merge }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'optional'; readonly item: Type }
  | ObjectType
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string }; // prettier-ignore

/** What a list is besides a sequence: a set, or a map of its items by these keys. */
export type Merge = { readonly by: 'value' } | { readonly by: readonly string[] };

export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** By the name that expressions use: names that are no identifiers are escaped. */
  readonly fields: ReadonlyMap<string, Field>;
  /** It may have any other field, and any value there. */
  readonly isOpen?: true;
}

export interface Field {
  /** In the object. */
  readonly name: string;
  readonly type: Type;
  readonly nullable: boolean;
}

export const BOOL: Type = { kind: 'bool' };
export const BYTES: Type = { kind: 'bytes' };
export const DOUBLE: Type = { kind: 'double' };
export const DURATION: Type = { kind: 'duration' };
export const DYN: Type = { kind: 'dyn' };
export const INT: Type = { kind: 'int' };
export const NULL: Type = { kind: 'null' };
export const STRING: Type = { kind: 'string' };
export const TIMESTAMP: Type = { kind: 'timestamp' };

export const listOf = (item: Type): Type => ({ kind: 'list', item });
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', key, value });
export const optionalOf = (item: Type): Type => ({ kind: 'optional', item });
export const opaque = (name: string): Type => ({ kind: 'opaque', name });

export function objectType(name: string, fields: Readonly<Record<string, Type>>): ObjectType {
  const entries = Object.entries(fields).map(([field, type]) => [field, { name: field, type, nullable: false }] as const);
  return { kind: 'object', name, fields: new Map(entries) };
}

/** Of objects that only expressions make. */
export const openType = (name: string): ObjectType => ({ kind: 'object', name, fields: new Map(), isOpen: true });

export const isSameType = (a: Type, b: Type) => formatType(a) === formatType(b);

export function formatType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.item)})`;
    case 'optional':
      return `optional_type(${formatType(type.item)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'object':
    case 'opaque':
    case 'param':
      return type.name;
    default:
      return type.kind;
  }
}

/** Reads `list(A)`, `map(string, dyn)`, `kubernetes.Quantity`, with angles for brackets too; several with commas between them. */
export function readTypes(text: string, known: ReadonlyMap<string, Type> = new Map()): readonly Type[] {
  const tokens = text.match(/[\w.]+|[(<),>]/g) ?? [];
  let at = 0;
  const readOne = (): Type => {
    const name = tokens[at++]!;
    const inner: Type[] = [];
    if (tokens[at] === '(' || tokens[at] === '<') {
      do {
        at++;
        inner.push(readOne());
      } while (tokens[at] === ',');
      at++;
    }
    if (name === 'list') return listOf(inner[0] ?? DYN);
    if (name === 'optional') return optionalOf(inner[0] ?? DYN);
    if (name === 'map') return mapOf(inner[0] ?? DYN, inner[1] ?? DYN);
    if (/^[A-Z]$/.test(name)) return { kind: 'param', name };
    return known.get(name) ?? (name.includes('.') ? opaque(name) : ({ kind: name } as Type));
  };
  const types: Type[] = [];
  while (at < tokens.length) {
    types.push(readOne());
    at++;
  }
  return types;
}
