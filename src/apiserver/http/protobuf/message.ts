import { SCALARS } from './scalars.ts';
import { messageNamed, type Field, type FieldType, type Message } from './table.ts';
import { CONVERSIONS } from './values.ts';
import { malformed, Wire, type WireType } from './wire.ts';

/** What no object of the model comes near to, and what keeps a small body from growing into a large value. */
const DEEPEST = 100;
const MOST_MESSAGES = 100_000;

type Json = Record<string, unknown>;

/** Reads the messages of one body. */
export class MessageReader {
  #messages = 0;

  /** As Go would write it as JSON after reading it from protobuf. */
  read(message: Message, bytes: Buffer, depth = 0): unknown {
    if (depth > DEEPEST) throw malformed(`its messages are nested more than ${DEEPEST} levels deep`);
    if (++this.#messages > MOST_MESSAGES) throw malformed(`it holds more than ${MOST_MESSAGES} messages`);
    const sent = this.#collect(message, bytes, depth);
    const object: Json = {};
    for (const field of message.fields.values()) this.#put(object, field, sent.get(field.number), depth);
    const convert = CONVERSIONS[message.name];
    return convert ? convert(object) : object;
  }

  /** What was sent, by field number. A message stays bytes: it may come in parts, which are one when put together. */
  #collect(message: Message, bytes: Buffer, depth: number): ReadonlyMap<number, unknown> {
    const wire = new Wire(bytes);
    const sent = new Map<number, unknown>();
    while (!wire.isAtEnd) {
      const { field: number, wireType } = wire.tag();
      const field = message.fields.get(number);
      if (!field) throw unknownField(message.name, number);
      sent.set(number, this.#take(wire, wireType, message, field, sent.get(number), depth));
    }
    return sent;
  }

  #take(wire: Wire, wireType: WireType, message: Message, field: Field, before: unknown, depth: number): unknown {
    const { type } = field;
    const item = type.kind === 'list' ? type.of : type;
    const isPacked = type.kind === 'list' && wireType === 'bytes' && wireTypeOf(item) !== 'bytes';
    if (!isPacked && wireType !== wireTypeOf(item)) {
      throw malformed(`the field ${field.number} (${field.name}) of ${message.name} has the wire type of another`);
    }
    switch (type.kind) {
      case 'scalar':
        return SCALARS[type.scalar].read(wire);
      case 'message': {
        const parts = (before as Buffer[] | undefined) ?? [];
        parts.push(wire.bytes());
        return parts;
      }
      case 'list': {
        const list = (before as unknown[] | undefined) ?? [];
        if (!isPacked) list.push(this.#item(wire, item, depth));
        else for (const packed = new Wire(wire.bytes()); !packed.isAtEnd;) list.push(this.#item(packed, item, depth));
        return list;
      }
      case 'map': {
        const map = (before as Map<string, unknown> | undefined) ?? new Map<string, unknown>();
        return map.set(...this.#member(wire.bytes(), `${message.name}.${field.name}`, type.of, depth));
      }
    }
  }

  #item(wire: Wire, type: FieldType, depth: number): unknown {
    return type.kind === 'scalar' ? SCALARS[type.scalar].read(wire) : this.#message(type, wire.bytes(), depth);
  }

  /** A map's member is a message with its key as field 1 and its value as field 2. */
  #member(bytes: Buffer, owner: string, type: FieldType, depth: number): [key: string, value: unknown] {
    const wire = new Wire(bytes);
    let key = '';
    let value: unknown;
    while (!wire.isAtEnd) {
      const { field, wireType } = wire.tag();
      if (field === 1 && wireType === 'bytes') key = wire.string();
      else if (field === 2 && wireType === wireTypeOf(type)) value = this.#item(wire, type, depth);
      else throw unknownField(owner, field);
    }
    if (value !== undefined) return [key, value];
    return [key, type.kind === 'scalar' ? SCALARS[type.scalar].zero : this.#message(type, NOTHING, depth)];
  }

  #message(type: FieldType, bytes: Buffer, depth: number): unknown {
    if (type.kind !== 'message') throw new Error(`a ${type.kind} cannot be an item`);
    return this.read(messageNamed(type.name), bytes, depth + 1);
  }

  #put(object: Json, field: Field, sent: unknown, depth: number): void {
    const { name, role, type, isPointer, isAlways } = field;
    const value = sent === undefined ? this.#absent(field, depth) : this.#finish(type, sent, depth);
    if (role === 'inline') Object.assign(object, value);
    else if (isAlways || (isPointer ? sent !== undefined : !isEmpty(value))) {
      if (role === 'removed') throw malformed(`it sets ${name}, which Kubernetes has removed`);
      object[name] = value;
    }
  }

  #finish(type: FieldType, sent: unknown, depth: number): unknown {
    if (type.kind === 'message') return this.#message(type, joined(sent as Buffer[]), depth);
    return sent instanceof Map ? Object.fromEntries(sent as Map<string, unknown>) : sent;
  }

  #absent({ type, role, isPointer, isAlways }: Field, depth: number): unknown {
    if (isPointer || !(isAlways || role === 'inline')) return null;
    if (type.kind === 'message') return this.#message(type, NOTHING, depth);
    // A list, a map and bytes that Go never made are null.
    return type.kind === 'scalar' && type.scalar !== 'bytes' ? SCALARS[type.scalar].zero : null;
  }
}

const NOTHING = Buffer.alloc(0);

const joined = (parts: readonly Buffer[]) => (parts.length === 1 ? parts[0]! : Buffer.concat(parts));

function unknownField(message: string, number: number) {
  return malformed(`the message ${message} has a field ${number} that this server does not know; send the object as JSON`);
}

const wireTypeOf = (type: FieldType): WireType => (type.kind === 'scalar' ? SCALARS[type.scalar].wireType : 'bytes');

/** What Go's `omitempty` leaves out. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
