import type { Schema } from './openapi-schema.ts';

/**
 * The short form in which definitions are kept on disk: a type, `!` where the field is required, and facts about it.
 *
 *     core.v1.EnvVar[] map=name merge=name        {meta.v1.Time}       string! enum=Always|Never default=""
 *
 * Plain types are `string`, `boolean`, `int32`, `int64`, `double`, `byte`, `any` and `object`; others are references.
 */
export interface TypeNotation {
  /** Facts of the type itself: `atomic`, `kind=apps/v1/Deployment`, `union=discriminator:field,field`. */
  readonly '.'?: string;
  readonly [field: string]: string | undefined;
}

const PLAIN: Readonly<Record<string, Schema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  byte: { type: 'string', format: 'byte' },
  object: { type: 'object' },
  any: {},
};

const PACKAGES: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  runtime: 'io.k8s.apimachinery.pkg.runtime',
  resource: 'io.k8s.apimachinery.pkg.api.resource',
  intstr: 'io.k8s.apimachinery.pkg.util.intstr',
  version: 'io.k8s.apimachinery.pkg.version',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
};

/** `core.v1.Pod` to `io.k8s.api.core.v1.Pod`: the name under which clients know a definition. */
export function fullName(short: string): string {
  const [head = '', ...rest] = short.split('.');
  // `resource.v1.X` is the API group, `resource.Quantity` the package of quantities.
  const known = head === 'resource' && rest.length > 1 ? undefined : PACKAGES[head];
  return [known ?? `io.k8s.api.${head}`, ...rest].join('.');
}

export function readType(notation: TypeNotation): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const name in notation) {
    if (name === '.') continue;
    const [type = '', ...facts] = notation[name]!.split(' ');
    const plainType = type.endsWith('!') ? type.slice(0, -1) : type;
    if (plainType !== type) required.push(name);
    properties[name] = readField(plainType, facts, plainType !== type);
  }
  const schema: Schema = { type: 'object', ...(required.length > 0 ? { required } : {}), properties };
  for (const fact of notation['.']?.split(' ') ?? []) addTypeFact(schema, ...cut(fact, '='));
  return schema;
}

function addTypeFact(schema: Schema, name: string, value = ''): void {
  if (name === 'atomic') schema['x-kubernetes-map-type'] = 'atomic';
  if (name === 'kind') {
    const [group = '', version = '', kind = ''] = value.split('/');
    schema['x-kubernetes-group-version-kind'] = [{ group, version, kind }];
  }
  if (name === 'union') {
    const [discriminator = '', members = ''] = value.split(':');
    const fields = Object.fromEntries(members.split(',').map((member) => [member, member.charAt(0).toUpperCase() + member.slice(1)]));
    schema['x-kubernetes-unions'] = [{ ...(discriminator ? { discriminator } : {}), 'fields-to-discriminateBy': fields }];
  }
}

function readField(type: string, facts: readonly string[], required: boolean): Schema {
  const schema: Schema = facts.includes('bare') ? itemOf(type) : wrapped(type);
  const isText = schema.type === 'string' || schema.type === 'array' || schema.additionalProperties !== undefined;
  if (schema.type === 'array') schema['x-kubernetes-list-type'] = 'atomic';
  let omitted = isText && !required;
  for (const fact of facts) {
    const [name, value = ''] = cut(fact, '=');
    if (name === 'kept') omitted = false;
    else if (name === 'omit') omitted = true;
    else addFact(schema, name, value);
  }
  if (omitted) OMITTED.add(schema);
  return schema;
}

/** Field schemas whose empty value is left out on the wire: told apart here, since the document has no word for it. */
const OMITTED = new WeakSet<Schema>();

export function isLeftOutWhenEmpty(field: Schema): boolean {
  return OMITTED.has(field);
}

function addFact(schema: Schema, name: string, value: string): void {
  switch (name) {
    case 'atomic':
    case 'set':
      schema['x-kubernetes-list-type'] = name;
      break;
    case 'map':
      schema['x-kubernetes-list-type'] = 'map';
      schema['x-kubernetes-list-map-keys'] = value.split(',');
      break;
    case 'plain':
      delete schema['x-kubernetes-list-type'];
      break;
    case 'merge':
      schema['x-kubernetes-patch-strategy'] = 'merge';
      if (value) schema['x-kubernetes-patch-merge-key'] = value;
      break;
    case 'retainKeys':
      schema['x-kubernetes-patch-strategy'] = schema['x-kubernetes-patch-strategy'] ? 'merge,retainKeys' : 'retainKeys';
      break;
    case 'replace':
      schema['x-kubernetes-patch-strategy'] = 'replace';
      break;
    case 'atomicMap':
      schema['x-kubernetes-map-type'] = 'atomic';
      break;
    case 'granularMap':
      schema['x-kubernetes-map-type'] = 'granular';
      break;
    case 'default':
      schema.default = JSON.parse(value);
      break;
    case 'enum':
      (schema.items ?? schema.additionalProperties ?? schema).enum = value.replaceAll('_', ' ').split('|');
      break;
  }
}

function wrapped(type: string): Schema {
  const item = itemOf(type);
  return item.$ref ? { allOf: [item] } : item;
}

function itemOf(type: string): Schema {
  if (type.endsWith('[]')) return { type: 'array', items: itemOf(type.slice(0, -2)) };
  if (type.startsWith('{')) return { type: 'object', additionalProperties: itemOf(type.slice(1, -1)) };
  const plain = PLAIN[type];
  return plain ? { ...plain } : { $ref: referenceTo(fullName(type)) };
}

export function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
