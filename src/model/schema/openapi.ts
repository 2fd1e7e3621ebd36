import type { Kind } from '../kinds/kind.ts';
import { schemaOf, type KindSchema } from './check.ts';
import { definition, readDescriptions, referredName } from './definitions.ts';
import { fullName } from './notation.ts';
import type { Schema } from './openapi-schema.ts';

type Described = Pick<Kind, 'schema' | 'group' | 'version' | 'kind'>;

/**
 * `components.schemas` for these kinds: theirs, their lists' and everything that they refer to, with descriptions.
 * The document is made anew at each call: keep it.
 */
export function openApiSchemas(kinds: readonly Described[]): Record<string, unknown> {
  const descriptions = readDescriptions();
  const schemas: Record<string, unknown> = {};
  const add = (name: string): void => {
    const schema = name in schemas ? undefined : definition(name);
    if (!schema) return;
    schemas[name] = describe(schema, descriptions.get(name));
    for (const reference of referencesIn(schema)) add(reference);
  };
  for (const kind of kinds) {
    const name = openApiName(kind);
    if ('definition' in kind.schema) {
      add(name);
      add(`${name}List`);
    } else {
      const { group, version, kind: kindName } = kind;
      const schema = schemaOf(kind.schema);
      schemas[name] = { ...schema, 'x-kubernetes-group-version-kind': [{ group, version, kind: kindName }] };
      for (const reference of referencesIn(schema)) add(reference);
    }
  }
  return schemas;
}

/** `io.k8s.api.apps.v1.Deployment`, `dev.slipway.v1.Application`: the name of a kind's definition. */
export function openApiName(kind: { schema: KindSchema; group: string; version: string; kind: string }): string {
  if ('definition' in kind.schema) return fullName(kind.schema.definition);
  return [...kind.group.split('.').toReversed(), kind.version, kind.kind].join('.');
}

function describe(schema: Schema, texts: Readonly<Record<string, string>> | undefined): Schema {
  if (!texts) return schema;
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]): [string, Schema] => [
    name,
    texts[name] ? { ...field, description: texts[name] } : field,
  ]);
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
