import { formatTime } from '../../../model/index.ts';
import type { MessageNotation } from './table.ts';
import { malformed } from './wire.ts';

/** Types that are a value in JSON and a message in protobuf. */
export const VALUE_MESSAGES: Readonly<Record<string, MessageNotation>> = {
  Time: { seconds: '1 int64!', nanos: '2 int32!' },
  MicroTime: { seconds: '1 int64!', nanos: '2 int32!' },
  Quantity: { text: '1 string!' },
  IntOrString: { type: '1 int64!', number: '2 int32!', text: '3 string!' },
  /** RawExtension, FieldsV1 and JSON: a value as it was written. */
  Raw: { value: '1 json' },
  /** A list that is a map's member. */
  Items: { items: '1 string[]!' },
};

type Fields = Readonly<Record<string, unknown>>;

/** What a message becomes in JSON, where that is not an object of its fields. */
export const CONVERSIONS: Readonly<Record<string, (fields: Fields) => unknown>> = {
  Time: (fields) => timeOf(fields, ''),
  MicroTime: (fields) => timeOf(fields, `.${String(Math.trunc((fields['nanos'] as number) / 1000)).padStart(6, '0')}`),
  Quantity: ({ text }) => text || '0',
  IntOrString: intOrString,
  Raw: ({ value }) => value ?? null,
  Items: ({ items }) => items,
  'apiextensions.v1.JSONSchemaPropsOrArray': ({ schema, jSONSchemas }) => jSONSchemas ?? schema ?? null,
  'apiextensions.v1.JSONSchemaPropsOrBool': ({ schema, allows }) => schema ?? allows ?? false,
  'apiextensions.v1.JSONSchemaPropsOrStringArray': ({ schema, property }) => property ?? schema ?? null,
};

/** The times that RFC 3339 can write; Go's zero time is the first. */
const FIRST_SECOND = Date.parse('0001-01-01T00:00:00Z') / 1000;
const LAST_SECOND = Date.parse('9999-12-31T23:59:59Z') / 1000;

function timeOf({ seconds, nanos }: Fields, fraction: string): string | null {
  const at = seconds as number;
  if (nanos === 0 && (at === 0 || at === FIRST_SECOND)) return null;
  const isTime = at >= FIRST_SECOND && at <= LAST_SECOND && (nanos as number) >= 0 && (nanos as number) < 1e9;
  if (!isTime) throw malformed(`${at} seconds and ${String(nanos)} nanoseconds are no time`);
  return `${formatTime(at * 1000).slice(0, -1)}${fraction}Z`;
}

function intOrString({ type, number, text }: Fields): unknown {
  if (type === 0) return number;
  if (type === 1) return text;
  throw malformed(`${String(type)} is neither IntOrString's type 0, a number, nor 1, a string`);
}
