import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { messageNamed, messageNames, messageOfKind, type Field, type FieldType } from '../../../src/apiserver/http/protobuf/table.ts';
import { VALUE_MESSAGES } from '../../../src/apiserver/http/protobuf/values.ts';

type Structure = ReadonlyMap<string, Readonly<Record<string, string>>>;

const linesOf = (path: string) =>
  readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8')
    .trimEnd()
    .split('\n');
const readTable = (path: string): Structure => new Map(linesOf(path).map((line) => JSON.parse(line) as [string, Record<string, string>]));

const structure = readTable('model/schema/generated/structure.jsonl');
const notations = readTable('apiserver/http/protobuf/generated/messages.jsonl');
const kindOf = (name: string) => /\bkind=(\S+)/.exec(structure.get(name)?.['.'] ?? '')?.[1];

/** Types of the schema that no request body can hold, by the reason. */
const NO_BODY: readonly [reason: string, RegExp][] = [
  ['lists are only answered', /List$|^meta\.v1\.(ListMeta|ShardInfo)$/],
  ['discovery and version are only answered', /^meta\.v1\.(API|Group|ServerAddress)|^version\./],
  ['refusals and events are only answered', /^meta\.v1\.(Status|WatchEvent)/],
];

test('every kind of the schema that can be a body has a message', () => {
  const kinds = [...structure.keys()].filter((name) => kindOf(name) && !NO_BODY.some(([, pattern]) => pattern.test(name)));
  const missing = kinds.filter((name) => {
    const [, group, version, kind] = /^(.*)\/(\w+)\/(\w+)$/.exec(kindOf(name)!)!;
    return messageOfKind(group ? `${group}/${version}` : version!, kind!)?.name !== name;
  });
  expect(kinds.length).toBeGreaterThan(60);
  expect(missing).toEqual([]);
});

test('only types that are never a body have no message', () => {
  const without = [...structure.keys()].filter((name) => !notations.has(name));
  expect(without.filter((name) => !NO_BODY.some(([, pattern]) => pattern.test(name)))).toEqual([]);
});

/** The type of a field, in the words of the schema. */
function spell(type: FieldType): string {
  if (type.kind === 'list') return `${spell(type.of)}[]`;
  if (type.kind === 'map') return `{${spell(type.of)}}`;
  if (type.kind === 'scalar') return { bool: 'boolean', float64: 'double', bytes: 'byte' }[type.scalar as string] ?? type.scalar;
  return SCHEMA_NAMES[type.name] ?? type.name;
}

const SCHEMA_NAMES: Readonly<Record<string, string>> = {
  Time: 'meta.v1.Time',
  MicroTime: 'meta.v1.MicroTime',
  Quantity: 'resource.Quantity',
  IntOrString: 'intstr.IntOrString',
  Items: 'string[]',
};

/** Free values go by several names. */
const RAW = /\b(meta\.v1\.FieldsV1|runtime\.RawExtension|apiextensions\.v1\.JSON|object|any)\b/g;

/** Every field as JSON shows it: those of inlined messages are their owner's. */
function fieldsOf(name: string): Field[] {
  const fields = [...messageNamed(name).fields.values()].filter(({ role }) => role !== 'removed');
  return fields.flatMap((field) => (field.role === 'inline' ? fieldsOf((field.type as { name: string }).name) : [field]));
}

test('every field of the schema has a number and the type that the schema says', () => {
  const compared = [...notations.keys()].filter((name) => structure.has(name));
  const typesOf = (name: string) => Object.fromEntries(fieldsOf(name).map((field) => [field.name, spell(field.type)]));
  expect(compared.length).toBeGreaterThan(450);
  expect(Object.fromEntries(compared.map((name) => [name, typesOf(name)]))).toEqual(
    Object.fromEntries(compared.map((name) => [name, wantedFields(name)])),
  );
});

/** The fields of a type and their types; kind and apiVersion of an object come in its envelope. */
function wantedFields(name: string): Record<string, string> {
  const isBody = kindOf(name) !== undefined || name === 'meta.v1.DeleteOptions';
  const inEnvelope = new Set(['.', ...(isBody ? ['apiVersion', 'kind'] : [])]);
  const fields = Object.entries(structure.get(name)!).filter(([field]) => !inEnvelope.has(field));
  return Object.fromEntries(fields.map(([field, text]) => [field, text.split(' ')[0]!.replace('!', '').replace(RAW, 'Raw')]));
}

describe('the table is sound', () => {
  test('no number stands for two fields', () => {
    const namesOf = (notation: object) => Object.keys(notation).filter((field) => field !== '.');
    const doubled = [...notations].filter(([name, notation]) => messageNamed(name).fields.size !== namesOf(notation).length);
    expect(doubled).toEqual([]);
  });

  test('all messages that it refers to are there, and are referred to or are kinds', () => {
    const referred = new Set(['meta.v1.DeleteOptions', ...[...notations].flatMap(([name, { '.': kind }]) => (kind ? [name] : []))]);
    for (const name of messageNames()) for (const { type } of messageNamed(name).fields.values()) addReferences(type, referred);
    expect([...referred].filter((name) => !messageNames().includes(name))).toEqual([]);
    expect(messageNames().filter((name) => !referred.has(name))).toEqual([]);
    expect(Object.keys(VALUE_MESSAGES).every((name) => messageNames().includes(name))).toBe(true);
  });

  test.each([
    // Numbers that Kubernetes can never change again.
    ['core.v1.Pod', 'spec', 2],
    ['apps.v1.DeploymentSpec', 'progressDeadlineSeconds', 9],
    ['meta.v1.ObjectMeta', 'managedFields', 17],
    ['core.v1.PodSpec', 'hostUsers', 37],
    ['core.v1.PersistentVolumeClaimSpec', 'volumeAttributesClassName', 9],
    ['core.v1.ServiceSpec', 'trafficDistribution', 23],
  ])('%s.%s is %i', (name, field, number) => {
    expect(fieldsOf(name).find((each) => each.name === field)?.number).toBe(number);
  });
});

function addReferences(type: FieldType, into: Set<string>): void {
  if (type.kind === 'message') into.add(type.name);
  else if (type.kind !== 'scalar') addReferences(type.of, into);
}
