import { malformed, type Wire, type WireType } from './wire.ts';

/** `json` is text that holds a value of its own: a RawExtension, the fields of an owner. */
export type Scalar = 'string' | 'bool' | 'int32' | 'int64' | 'float64' | 'bytes' | 'json';

interface ScalarForm {
  readonly wireType: WireType;
  readonly zero: unknown;
  read(wire: Wire): unknown;
}

export const SCALARS: Readonly<Record<Scalar, ScalarForm>> = {
  string: { wireType: 'bytes', zero: '', read: (wire) => wire.string() },
  bool: { wireType: 'varint', zero: false, read: (wire) => wire.bool() },
  int32: { wireType: 'varint', zero: 0, read: (wire) => wire.int32() },
  int64: { wireType: 'varint', zero: 0, read: (wire) => wire.int64() },
  float64: { wireType: 'fixed64', zero: 0, read: (wire) => wire.double() },
  bytes: { wireType: 'bytes', zero: '', read: (wire) => wire.bytes().toString('base64') },
  json: { wireType: 'bytes', zero: null, read: (wire) => parseJson(wire.string()) },
};

function parseJson(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words would quote what was sent.
    throw malformed('a value inside it is no JSON');
  }
}
