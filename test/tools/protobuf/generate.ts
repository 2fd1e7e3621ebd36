/**
 * Writes `src/apiserver/http/protobuf/generated/messages.jsonl`: the protobuf form of every type that a request body can hold.
 * The facts (field numbers, JSON names, pointers, `omitempty`) come from the struct tags in a Kubernetes client program of the
 * version that the schema has; helm links all the types.
 *
 *     node test/tools/protobuf/generate.ts PATH_TO_HELM
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GoProgram, type GoField, type GoType } from './gotypes.ts';
import { EXTRA_MESSAGES, REMOVED_FIELDS } from './overlay.ts';

type Notation = Record<string, string>;

const ROOT = join(import.meta.dirname, '..', '..', '..');
const STRUCTURE = join(ROOT, 'src/model/schema/generated/structure.jsonl');
const TARGET = join(ROOT, 'src/apiserver/http/protobuf/generated/messages.jsonl');

/** Bodies, but no kind of the schema. */
const OPTIONS = ['meta.v1.DeleteOptions'];
const NO_BODY = /^meta\.v1\.|List$/;
/** Types with a protobuf form of their own, read by hand. */
const VALUES = new Map([
  ['meta.v1.Time', 'Time'],
  ['meta.v1.MicroTime', 'MicroTime'],
  ['meta.v1.FieldsV1', 'Raw'],
  ['runtime.RawExtension', 'Raw'],
  ['apiextensions.v1.JSON', 'Raw'],
  ['resource.Quantity', 'Quantity'],
  ['intstr.IntOrString', 'IntOrString'],
]);
const SCALARS = new Set<string>(['string', 'bool', 'int32', 'int64', 'float64']);
const PACKAGE = /^k8s\.io\/(?:api|apimachinery\/pkg\/(?:apis|api|util)|apimachinery\/pkg|apiextensions-apiserver\/pkg\/apis)\/(.*)$/;

function generate(programPath: string): string {
  const structs = new Map([...new GoProgram(programPath).structs()].map((type) => [shortName(type), type]));
  const messages = new Map<string, Notation>();
  const kinds = readKinds();
  const add = (name: string): void => {
    if (messages.has(name)) return;
    const struct = structs.get(name);
    const notation = EXTRA_MESSAGES[name] ?? (struct && writeMessage(struct));
    if (!notation) throw new Error(`${programPath} has no type ${name}`);
    messages.set(name, { ...(kinds.has(name) ? { '.': kinds.get(name)! } : {}), ...notation, ...REMOVED_FIELDS[name] });
    for (const field of Object.values(notation)) for (const [next] of field.matchAll(/[a-z]\w*\.[\w.]+/g)) add(next);
  };
  for (const name of [...kinds.keys(), ...OPTIONS]) add(name);
  const lines = [...messages].toSorted(([a], [b]) => (a < b ? -1 : 1)).map((entry) => JSON.stringify(entry));
  return `${lines.join('\n')}\n`;
}

/** `apps/v1/Deployment` per type that is a kind. */
function readKinds(): Map<string, string> {
  const entries = readFileSync(STRUCTURE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as [string, Notation]);
  return new Map(
    entries.flatMap(([name, fields]) => {
      const kind = /\bkind=(\S+)/.exec(fields['.'] ?? '')?.[1];
      return kind && !NO_BODY.test(name) ? [[name, kind]] : [];
    }),
  );
}

function shortName({ packagePath, name }: GoType): string {
  const path = PACKAGE.exec(packagePath)?.[1];
  return path ? `${path.replaceAll('/', '.')}.${name.slice(name.lastIndexOf('.') + 1)}` : name;
}

function writeMessage(struct: GoType): Notation {
  return Object.fromEntries((struct.fields ?? []).flatMap((field) => writeField(field) ?? []));
}

/** Undefined: a field that protobuf does not carry, such as TypeMeta. */
function writeField({ name, tag, type }: GoField): [[string, string]] | undefined {
  const number = /protobuf:"\w+,(\d+)/.exec(tag)?.[1];
  if (!number) return undefined;
  const [json = '', ...options] = (/json:"([^"]*)"/.exec(tag)?.[1] ?? '').split(',');
  if (options.includes('inline')) return [[`+${name}`, `${number} ${writeType(type)}`]];
  const isPointer = type.kind === 'pointer';
  const isStruct = type.kind === 'struct';
  const isLeftOut = isStruct ? options.includes('omitzero') : options.includes('omitempty');
  // The parts of a union have no JSON names: the union itself becomes JSON by hand.
  const key = json || name.charAt(0).toLowerCase() + name.slice(1);
  return [[key, `${number} ${writeType(type)}${isPointer ? '*' : ''}${isLeftOut || json === '' ? '' : '!'}`]];
}

function writeType(type: GoType): string {
  if (type.kind === 'pointer') return writeType(type.elem!);
  if (type.kind === 'map') return `{${writeType(type.elem!)}}`;
  // A list as a map's member is a message of its own that holds the items.
  if (type.kind === 'slice' && type.name.endsWith('.ExtraValue')) return 'Items';
  if (type.kind === 'slice') return type.elem!.kind === 'uint8' ? 'bytes' : `${writeType(type.elem!)}[]`;
  if (type.kind === 'struct') return VALUES.get(shortName(type)) ?? shortName(type);
  if (SCALARS.has(type.kind)) return type.kind;
  throw new Error(`no protobuf form is known for the Go type ${type.name}`);
}

const program = process.argv[2];
if (!program) throw new Error('which program? node test/tools/protobuf/generate.ts PATH_TO_HELM');
writeFileSync(TARGET, generate(program));
