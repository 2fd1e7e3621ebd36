import { schemaOf, type KindSchema } from './check.ts';
import { definition, readDescriptions, referredName } from './definitions.ts';
import { fullName } from './notation.ts';
import type { Schema } from './openapi-schema.ts';

interface Described {
  readonly schema: KindSchema;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type Entry = readonly [name: string, schema: Schema];

/**
 * `components.schemas` for these kinds, one by one: theirs, their lists' and everything that they refer to, with
 * descriptions. There are many, made anew at each call, and they need not be made in one go.
 */
export function* openApiEntries(kinds: readonly Described[]): Generator<Entry> {
  const descriptions = readDescriptions();
  const added = new Set<string>();
  function* add(name: string): Generator<Entry> {
    const schema = added.has(name) ? undefined : definition(name);
    if (!schema) return;
    added.add(name);
    yield [name, describe(schema, name, descriptions)];
    for (const reference of referencesIn(schema)) yield* add(reference);
  }
  for (const kind of kinds) {
    const name = openApiName(kind);
    if ('definition' in kind.schema) {
      yield* add(name);
      yield* add(`${name}List`);
    } else {
      const { group, version, kind: kindName } = kind;
      const schema = describeObjects(schemaOf(kind.schema), { ...descriptions.get(A_KIND), metadata: OF_METADATA });
      yield [name, { ...schema, 'x-kubernetes-group-version-kind': [{ group, version, kind: kindName }] }];
      for (const reference of referencesIn(schema)) yield* add(reference);
    }
  }
}

/** `io.k8s.api.apps.v1.Deployment`, `dev.slipway.v1.Application`: the name of a kind's definition. */
export function openApiName(kind: Described): string {
  if ('definition' in kind.schema) return fullName(kind.schema.definition);
  return [...kind.group.split('.').toReversed(), kind.version, kind.kind].join('.');
}

const OBJECT_META = fullName('meta.v1.ObjectMeta');
const OF_METADATA = "Standard object's metadata.";
/** Its apiVersion and kind are described as those of every object. */
const A_KIND = fullName('apiextensions.v1.CustomResourceDefinition');

const OF_EVERY_OBJECT: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

type Texts = Readonly<Record<string, string>>;

/** Of a custom object, and of each that is embedded in it: what every object has no definition has to describe. */
function describeObjects(schema: Schema, texts: Texts, isObject = true): Schema {
  const { properties, items, additionalProperties } = schema;
  const inner = (part: Schema) => describeObjects(part, texts, part['x-kubernetes-embedded-resource'] === true);
  const described = (name: string, field: Schema): Schema => {
    const description = OF_EVERY_OBJECT.has(name) ? texts[name] : undefined;
    if (!isObject || !description || field.description) return inner(field);
    return field.$ref ? { allOf: [field], description } : { ...field, description };
  };
  return {
    ...schema,
    ...(properties
      ? { properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, described(name, field)])) }
      : {}),
    ...(items ? { items: inner(items) } : {}),
    ...(additionalProperties ? { additionalProperties: inner(additionalProperties) } : {}),
  };
}

/** A field that nobody describes and that is of a type of its own is what that type is. */
function describe(schema: Schema, of: string, descriptions: ReturnType<typeof readDescriptions>): Schema {
  const texts = descriptions.get(of);
  if (!texts) return schema;
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]): [string, Schema] => {
    const type = referredName(field);
    const description = texts[name] ?? (type === OBJECT_META ? OF_METADATA : descriptions.get(type ?? '')?.['.']);
    return [name, description ? { ...field, description } : field];
  });
  return {
    ...(texts['.'] ? { description: texts['.'] } : {}),
    ...schema,
    ...(schema.properties ? { properties: Object.fromEntries(properties) } : {}),
  };
}

function referencesIn(schema: Schema): string[] {
  const name = referredName(schema);
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...[schema.items, schema.additionalProperties].filter((part) => part !== undefined),
  ];
  return [...(name ? [name] : []), ...inner.flatMap(referencesIn)];
}
