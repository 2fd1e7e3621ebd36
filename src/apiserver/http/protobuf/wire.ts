import { isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import type { Reader } from 'protobufjs/minimal.js';
import { StatusError, messageOf } from '../../../base/index.ts';

export const malformed = (why: string) => new StatusError('BadRequest', `the protobuf body cannot be decoded: ${why}`);

/** How a value is laid out: a varint, eight bytes, or a length and as many bytes. */
export type WireType = 'varint' | 'fixed64' | 'bytes';

const WIRE_TYPES: Readonly<Record<number, WireType>> = { 0: 'varint', 1: 'fixed64', 2: 'bytes' };

let createReader: ((bytes: Buffer) => Reader) | undefined;

/** Protobuf's wire format: what ends too early or is no such encoding is refused. */
export class Wire {
  readonly #reader: Reader;

  constructor(bytes: Buffer) {
    createReader ??= (createRequire(import.meta.url)('protobufjs/minimal') as typeof import('protobufjs/minimal.js')).Reader.create;
    this.#reader = createReader(bytes);
  }

  get isAtEnd(): boolean {
    return this.#reader.pos >= this.#reader.len;
  }

  tag(): { readonly field: number; readonly wireType: WireType } {
    const tag = this.#try((reader) => reader.tag());
    const wireType = WIRE_TYPES[tag & 7];
    const field = tag >>> 3;
    if (!wireType || field === 0) throw malformed(`it has a field ${field} of wire type ${tag & 7}`);
    return { field, wireType };
  }

  int32(): number {
    return this.#try((reader) => reader.int32());
  }

  int64(): number {
    return Number(this.#try((reader) => reader.int64()));
  }

  bool(): boolean {
    return this.#try((reader) => reader.bool());
  }

  double(): number {
    const value = this.#try((reader) => reader.double());
    if (Number.isFinite(value)) return value;
    throw malformed(`JSON has no number ${value}`);
  }

  bytes(): Buffer {
    return this.#try((reader) => reader.bytes()) as Buffer;
  }

  string(): string {
    const bytes = this.bytes();
    if (isUtf8(bytes)) return bytes.toString('utf8');
    throw malformed('it has text that is not valid UTF-8');
  }

  #try<T>(read: (reader: Reader) => T): T {
    try {
      return read(this.#reader);
    } catch (error) {
      throw malformed(messageOf(error));
    }
  }
}
