import { Writer } from 'protobufjs/minimal.js';
import { messageNamed, messageOfKind, type FieldType, type Message } from '../../../src/apiserver/http/protobuf/table.ts';

const NOTHING: Buffer = Buffer.alloc(0);

type Json = Readonly<Record<string, unknown>>;

/** A body as a client would send it: the object in its envelope. */
export function encodeBody(object: Json & { kind: string; apiVersion: string }): Buffer {
  const { kind, apiVersion, ...fields } = object;
  return envelope({ kind, apiVersion, raw: encodeMessage(messageOfKind(apiVersion, kind)!, fields) });
}

export function envelope({ kind = '', apiVersion = '', raw = NOTHING, encoding = '' }): Buffer {
  const type = new Writer().uint32(tag(1, 2)).string(apiVersion).uint32(tag(2, 2)).string(kind).finish();
  const writer = new Writer().uint32(tag(1, 2)).bytes(type).uint32(tag(2, 2)).bytes(raw);
  if (encoding) writer.uint32(tag(3, 2)).string(encoding);
  return Buffer.concat([Buffer.from('k8s\0'), writer.finish()]);
}

export const tag = (field: number, wireType: number) => (field << 3) | wireType;

/** What is in the object, and no zeros besides. */
export function encodeMessage(message: Message, object: Json): Buffer {
  const writer = new Writer();
  for (const { number, name, type, role } of message.fields.values()) {
    if (role === 'inline') writer.uint32(tag(number, 2)).bytes(encodeMessage(messageNamed((type as { name: string }).name), object));
    else if (object[name] !== undefined && object[name] !== null) writeField(writer, number, type, object[name]);
  }
  return Buffer.from(writer.finish());
}

function writeField(writer: Writer, number: number, type: FieldType, value: unknown): void {
  if (type.kind === 'list') for (const item of value as unknown[]) writeField(writer, number, type.of, item);
  else if (type.kind === 'map') {
    for (const [key, member] of Object.entries(value as Json)) {
      const entry = new Writer().uint32(tag(1, 2)).string(key);
      writeField(entry, 2, type.of, member);
      writer.uint32(tag(number, 2)).bytes(entry.finish());
    }
  } else if (type.kind === 'message') writer.uint32(tag(number, 2)).bytes(encodeValue(type.name, value));
  else writeScalar(writer, number, type.scalar, value);
}

function writeScalar(writer: Writer, number: number, scalar: string, value: unknown): void {
  if (scalar === 'string') writer.uint32(tag(number, 2)).string(value as string);
  else if (scalar === 'bytes') writer.uint32(tag(number, 2)).bytes(Buffer.from(value as string, 'base64'));
  else if (scalar === 'json') writer.uint32(tag(number, 2)).string(JSON.stringify(value));
  else if (scalar === 'bool') writer.uint32(tag(number, 0)).bool(value as boolean);
  else if (scalar === 'float64') writer.uint32(tag(number, 1)).double(value as number);
  else writer.uint32(tag(number, 0)).int64(value as number);
}

function encodeValue(name: string, value: unknown): Buffer {
  return encodeMessage(messageNamed(name), partsOf(name, value));
}

/** A value's message, from its JSON. */
function partsOf(name: string, value: unknown): Json {
  const text = String(value);
  const isList = Array.isArray(value);
  switch (name) {
    case 'Time':
    case 'MicroTime':
      return { seconds: Math.floor(Date.parse(text) / 1000), nanos: Number(/\.(\d+)Z/.exec(text)?.[1]?.padEnd(9, '0') ?? 0) };
    case 'Quantity':
      return { text };
    case 'IntOrString':
      return typeof value === 'number' ? { type: 0, number: value } : { type: 1, text };
    case 'Raw':
      return { value };
    case 'Items':
      return { items: value };
    case 'apiextensions.v1.JSONSchemaPropsOrArray':
      return isList ? { jSONSchemas: value } : { schema: value };
    case 'apiextensions.v1.JSONSchemaPropsOrBool':
      return typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value };
    case 'apiextensions.v1.JSONSchemaPropsOrStringArray':
      return isList ? { property: value } : { schema: value };
    default:
      return value as Json;
  }
}
