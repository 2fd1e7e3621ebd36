import { canonicalQuantity, formatMicroTime, formatTime } from '../meta/index.ts';

/** What reading a value gave: the value in its one canonical form, or why Go would refuse it. */
type ReadValue = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: string };

const read = (value: unknown): ReadValue => ({ ok: true, value });
const refuse = (error: string): ReadValue => ({ ok: false, error });

/** What Go's JSON decoder calls a value of the wrong type. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Types that decode themselves: their errors name no field. */
export const VALUE_READERS: Readonly<Record<string, (value: unknown) => ReadValue>> = {
  Quantity: readQuantity,
  IntOrString: readIntOrString,
  Time: (value) => readTime(value, formatTime),
  MicroTime: (value) => readTime(value, formatMicroTime),
};

const SEEMS_QUANTITY = /^[+-]?(\d+\.?\d*|\.\d+)[eEinumkKMGTP]*[-+]?\d*$/;

function readQuantity(value: unknown): ReadValue {
  const text = typeof value === 'string' ? value.trim() : JSON.stringify(value);
  const canonical = canonicalQuantity(text);
  if (canonical !== undefined) return read(canonical);
  if (!SEEMS_QUANTITY.test(text))
    return refuse("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  return refuse("unable to parse quantity's suffix");
}

function readIntOrString(value: unknown): ReadValue {
  if (typeof value === 'string' || isInt32(value)) return read(value);
  const seen = typeof value === 'number' ? `number ${value}` : jsonTypeOf(value);
  return refuse(`json: cannot unmarshal ${seen} into Go value of type int32`);
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function readTime(value: unknown, format: (at: number) => string): ReadValue {
  if (typeof value !== 'string') return refuse(`json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type string`);
  const at = RFC3339.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at) && !isDay(value.slice(0, 10))) return refuse(`parsing time ${JSON.stringify(value)}: day out of range`);
  if (!Number.isNaN(at)) return read(hasMicros(value) && format === formatMicroTime ? microText(value, at) : format(at));
  const quoted = JSON.stringify(value);
  return refuse(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
}

/** JavaScript takes the thirtieth of February for the second of March. */
const isDay = (day: string) => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);

const hasMicros = (text: string) => /\.\d{4,}/.test(text);

/** Milliseconds are all that a `Date` holds; the digits after them are taken from the text. */
function microText(text: string, at: number): string {
  const digits = /\.(\d+)/.exec(text)![1]!.padEnd(6, '0').slice(0, 6);
  return `${formatMicroTime(at).slice(0, 20)}${digits}Z`;
}

export function isInt32(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) <= 2 ** 31 && value !== 2 ** 31;
}

export function isInt64(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
}

const BASE64_CHARACTER = /[A-Za-z0-9+/]/;

/** Where base64 text goes wrong, as Go says it; undefined when it does not. */
export function base64Error(text: string): string | undefined {
  const clean = text.replaceAll(/[\r\n]/g, '');
  const body = clean.replace(/={1,2}$/, '');
  for (let i = 0; i < body.length; i++) if (!BASE64_CHARACTER.test(body[i]!)) return `illegal base64 data at input byte ${i}`;
  return clean.length % 4 === 0 ? undefined : `illegal base64 data at input byte ${clean.length - (clean.length % 4)}`;
}
