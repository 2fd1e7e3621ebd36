/**
 * Writes `generated/` from the types of the development dependency `@kubernetes/client-node` and the tables in `overlay/`.
 * Run after a change to either: `make schema`.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { readClasses, type SourceClass, type SourceField } from './generate-source.ts';
import {
  ATOMIC_TYPES,
  BARE_REFERENCES,
  CORE_TYPES,
  DEFAULTS,
  ENUMS,
  GROUPS,
  KEPT_WHEN_EMPTY,
  MERGING,
  META_KINDS,
  META_TYPES,
  PLAIN_VALUES,
  QUANTITIES,
  RAW_TYPES,
  UNIONS,
} from './overlay/index.ts';

type Words = Readonly<Record<string, string>>;

const has = (table: Words, type: string, field: string) => table[type]?.split(' ').includes(field) ?? false;
const CLASS_NAME = /^([A-Z][a-z]+)?V(\d)([A-Z]\w*)$/;
/** The type of a value, a list's item or a map's member; a map's key is followed by `]`. */
const LEAF = /\b(?:string|any)\b(?=[>;]|$)/;
const REFERENCE = /\b[A-Za-z]*V\d[A-Z]\w*/g;
/** Types that look like structs in a reference and are values. */
const VALUES = new Set(['meta.v1.Time', 'meta.v1.MicroTime', 'intstr.IntOrString', 'resource.Quantity', 'runtime.RawExtension']);

/** Short name (`core.v1.Pod`) per class; classes that no group reaches are left out. */
function nameTypes(classes: ReadonlyMap<string, SourceClass>): Map<string, string> {
  const names = new Map<string, string>([['VersionInfo', 'version.Info']]);
  const meta = new Set(META_TYPES.split(' '));
  const core = new Set(CORE_TYPES.split(' '));
  const reachedBy = GROUPS.map((group) => ({ group, reached: reach(classes, rootsOf(classes, group.package, group.kinds)) }));
  for (const name of classes.keys()) {
    const [, prefix, version, plain] = CLASS_NAME.exec(name) ?? [];
    if (!plain) continue;
    if (prefix) names.set(name, `${prefix.toLowerCase()}.v${version}.${plain}`);
    else if (meta.has(plain)) names.set(name, `meta.v1.${plain}`);
    else if (core.has(plain)) names.set(name, `core.v1.${plain}`);
    else {
      const packages = reachedBy.filter(({ reached }) => reached.has(name)).map(({ group }) => group.package);
      const owner = packages.find((candidate) => candidate === 'core.v1') ?? packages[0];
      if (owner) names.set(name, `${owner}.${plain}`);
    }
  }
  return names;
}

function rootsOf(classes: ReadonlyMap<string, SourceClass>, packageName: string, kinds: string): string[] {
  const [group = '', version = ''] = packageName.split('.');
  const prefix = group.charAt(0).toUpperCase() + group.slice(1);
  return kinds
    .split(' ')
    .flatMap((kind) => [kind, `${kind}List`])
    .map((kind) => [`${prefix}${version.toUpperCase()}${kind}`, `${version.toUpperCase()}${kind}`].find((name) => classes.has(name)))
    .filter((name) => name !== undefined);
}

function reach(classes: ReadonlyMap<string, SourceClass>, roots: readonly string[]): Set<string> {
  const reached = new Set<string>(roots);
  for (const name of reached) {
    for (const { type } of classes.get(name)?.fields ?? []) for (const [next] of type.matchAll(REFERENCE)) reached.add(next);
  }
  return reached;
}

function writeField(type: string, field: SourceField, names: ReadonlyMap<string, string>): string {
  const leaf = RAW_TYPES[type]?.[field.name] ?? (has(QUANTITIES, type, field.name) ? 'resource.Quantity' : undefined);
  const fieldType = writeType(leaf ? field.type.replace(LEAF, leaf) : field.type, field.format, names);
  return [
    field.required ? `${fieldType}!` : fieldType,
    ...(has(BARE_REFERENCES, type, field.name) ? ['bare'] : []),
    ...(MERGING[type]?.[field.name] ? [MERGING[type][field.name]!] : type.endsWith('List') && field.name === 'items' ? ['plain'] : []),
    ...(ENUMS[type]?.[field.name] === undefined ? [] : [`enum=${ENUMS[type][field.name]!.replaceAll(' ', '_')}`]),
    ...(has(PLAIN_VALUES, type, field.name) ? ['omit'] : []),
    ...(has(KEPT_WHEN_EMPTY, type, field.name) ? ['kept'] : []),
    ...writeDefault(type, field, fieldType),
  ].join(' ');
}

function writeType(type: string, format: string, names: ReadonlyMap<string, string>): string {
  const list = /^Array<(.*)>$/.exec(type);
  if (list) return `${writeType(list[1]!, format, names)}[]`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type);
  if (map) return `{${writeType(map[1]!, format, names)}}`;
  if (type === 'Date' || type === 'V1MicroTime')
    return type === 'Date' && format !== 'date-time-micro' ? 'meta.v1.Time' : 'meta.v1.MicroTime';
  if (type === 'IntOrString') return 'intstr.IntOrString';
  if (type === 'number') return format;
  if (type === 'string' && format === 'byte') return 'byte';
  return names.get(type) ?? type;
}

function writeDefault(type: string, field: SourceField, fieldType: string): string[] {
  const table = DEFAULTS[type] ?? {};
  const value = field.name in table ? table[field.name] : ruledDefault(field, fieldType, ENUMS[type]?.[field.name] !== undefined);
  return value === undefined ? [] : [`default=${JSON.stringify(value)}`];
}

const ZEROS: Readonly<Record<string, unknown>> = { string: '', byte: '', int32: 0, int64: 0, double: 0, boolean: false };

function ruledDefault(field: SourceField, fieldType: string, isEnum: boolean): unknown {
  const isStruct = fieldType.includes('.') && !fieldType.endsWith('[]') && !fieldType.startsWith('{') && !VALUES.has(fieldType);
  if (isStruct && (field.required || ['metadata', 'spec', 'status'].includes(field.name))) return {};
  return field.required && !isEnum ? ZEROS[fieldType] : undefined;
}

/** `group/version/kind` per type that is a kind or a list of one. */
function nameKinds(): Map<string, string> {
  const kinds = new Map(META_KINDS.split(' ').map((kind) => [`meta.v1.${kind}`, `/v1/${kind}`]));
  for (const { group, package: name, kinds: listed } of GROUPS) {
    const version = name.slice(name.indexOf('.') + 1);
    for (const kind of listed.split(' ').flatMap((plain) => [plain, `${plain}List`]))
      kinds.set(`${name}.${kind}`, `${group}/${version}/${kind}`);
  }
  return kinds;
}

function generate(): void {
  const library = dirname(createRequire(import.meta.url).resolve('@kubernetes/client-node'));
  const classes = new Map(readClasses(join(library, 'gen', 'models')).map((source) => [source.name, source]));
  const names = nameTypes(classes);
  const kinds = nameKinds();
  const structure: string[] = [];
  const descriptions: string[] = [];
  for (const [name, type] of [...names].toSorted(([, a], [, b]) => (a < b ? -1 : 1))) {
    const { fields, description } = classes.get(name)!;
    const notation = Object.fromEntries(fields.map((field) => [field.name, writeField(type, field, names)]));
    const texts = Object.fromEntries(fields.filter((field) => field.description).map((field) => [field.name, field.description]));
    const facts = [
      ...(ATOMIC_TYPES.has(type) ? ['atomic'] : []),
      ...(kinds.has(type) ? [`kind=${kinds.get(type)}`] : []),
      ...(UNIONS[type] ? [`union=${UNIONS[type]}`] : []),
    ].join(' ');
    structure.push(JSON.stringify([type, { ...(facts ? { '.': facts } : {}), ...notation }]));
    descriptions.push(JSON.stringify([type, { '.': description, ...texts }]));
  }
  const folder = join(import.meta.dirname, 'generated');
  writeFileSync(join(folder, 'structure.jsonl'), `${structure.join('\n')}\n`);
  writeFileSync(join(folder, 'descriptions.jsonl'), `${descriptions.join('\n')}\n`);
}

generate();
