import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCALARS, type Scalar } from './scalars.ts';
import { VALUE_MESSAGES } from './values.ts';

export type FieldType =
  | { readonly kind: 'scalar'; readonly scalar: Scalar }
  | { readonly kind: 'message'; readonly name: string }
  | { readonly kind: 'list'; readonly of: FieldType }
  | { readonly kind: 'map'; readonly of: FieldType };

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: FieldType;
  /** `inline`: in JSON its fields are its owner's. `removed`: old clients send it, empty. */
  readonly role: 'own' | 'inline' | 'removed';
  /** A zero that was sent counts. */
  readonly isPointer: boolean;
  /** In JSON the field is there even when nothing was sent: Go's tag has no `omitempty`. */
  readonly isAlways: boolean;
}

export interface Message {
  readonly name: string;
  readonly fields: ReadonlyMap<number, Field>;
}

/**
 * The short form on disk: a number, a type, `*` for a pointer, `!` for what is always there; `+` and `-` before the name stand
 * for what is inlined and what was removed.
 *
 *     "replicas":"1 int32*"   "template":"3 core.v1.PodTemplateSpec!"   "data":"2 {bytes}"   "+VolumeSource":"2 core.v1.VolumeSource"
 */
export interface MessageNotation {
  /** The kind that the message is: `apps/v1/Deployment`. */
  readonly '.'?: string;
  readonly [field: string]: string | undefined;
}

interface Table {
  readonly notations: ReadonlyMap<string, MessageNotation>;
  readonly kinds: ReadonlyMap<string, string>;
}

let table: Table | undefined;
const messages = new Map<string, Message>();

export function messageNamed(name: string): Message {
  const known = messages.get(name);
  if (known) return known;
  table ??= readTable();
  const notation = table.notations.get(name);
  if (!notation) throw new Error(`the table has no protobuf message ${name}`);
  const message = { name, fields: readFields(notation) };
  messages.set(name, message);
  return message;
}

/** The message of a kind; undefined for kinds that are never sent. Options of requests are the same in every group. */
export function messageOfKind(apiVersion: string, kind: string): Message | undefined {
  if (kind === 'DeleteOptions') return messageNamed('meta.v1.DeleteOptions');
  table ??= readTable();
  const name = table.kinds.get(apiVersion.includes('/') ? `${apiVersion}/${kind}` : `/${apiVersion}/${kind}`);
  return name === undefined ? undefined : messageNamed(name);
}

export function messageNames(): readonly string[] {
  table ??= readTable();
  return [...table.notations.keys()];
}

function readTable(): Table {
  const text = readFileSync(join(import.meta.dirname, 'generated', 'messages.jsonl'), 'utf8');
  const entries = JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as [name: string, notation: MessageNotation][];
  const kinds = entries.flatMap(([name, notation]) => (notation['.'] === undefined ? [] : [[notation['.'], name] as const]));
  return { notations: new Map([...entries, ...Object.entries(VALUE_MESSAGES)]), kinds: new Map(kinds) };
}

function readFields(notation: MessageNotation): ReadonlyMap<number, Field> {
  const fields = Object.entries(notation)
    .filter(([name]) => name !== '.')
    .map(([name, text]) => readField(name, text!));
  return new Map(fields.map((field) => [field.number, field]));
}

const ROLES: Readonly<Record<string, Field['role']>> = { '+': 'inline', '-': 'removed' };

function readField(spelled: string, text: string): Field {
  const [, number, type, pointer, always] = /^(\d+) ([^*!]+)(\*?)(!?)$/.exec(text)!;
  const role = ROLES[spelled.charAt(0)] ?? 'own';
  return {
    number: Number(number),
    name: role === 'own' ? spelled : spelled.slice(1),
    type: readType(type!),
    role,
    isPointer: pointer !== '',
    isAlways: always !== '',
  };
}

function readType(text: string): FieldType {
  if (text.endsWith('[]')) return { kind: 'list', of: readType(text.slice(0, -2)) };
  if (text.startsWith('{')) return { kind: 'map', of: readType(text.slice(1, -1)) };
  return Object.hasOwn(SCALARS, text) ? { kind: 'scalar', scalar: text as Scalar } : { kind: 'message', name: text };
}
