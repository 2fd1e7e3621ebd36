import { CelError } from '../errors.ts';
import { formatDuration, formatTimestamp } from '../time.ts';
import { isMap, isUint, keysOf, memberOf, Span, Time, typeName, type MapValue, type Uint, type Value } from '../values.ts';
import { formatDouble } from './conversions.ts';

const MOST_DIGITS = 100;

/** `'%s of %d'.format([…])`. */
export function formatText(text: string, args: readonly Value[]): string {
  let next = 0;
  return text.replace(/%(?:%|(?:\.(\d+))?([\s\S]|$))/g, (whole, precision: string | undefined, verb: string | undefined) => {
    if (whole === '%%') return '%';
    if (next >= args.length) throw new CelError(`index ${next} out of range`);
    if (Number(precision ?? 0) > MOST_DIGITS) throw new CelError(`precision ${precision} is too large`);
    return write(verb!, args[next++]!, precision === undefined ? undefined : Number(precision));
  });
}

function write(verb: string, value: Value, precision = 6): string {
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      return isInteger(value) ? plain(value) : refuse('decimal', 'integers', value);
    case 'f':
      return isNumber(value)
        ? decimals(Number(numberOf(value)), (number) => number.toFixed(precision))
        : refuse('fixed-point', 'doubles', value);
    case 'e':
      return isNumber(value)
        ? decimals(Number(numberOf(value)), (number) => number.toExponential(precision).replace(/e([+-])(\d)$/, 'e$10$2'))
        : refuse('scientific notation', 'doubles', value);
    case 'b':
      return typeof value === 'boolean'
        ? value
          ? '1'
          : '0'
        : isInteger(value)
          ? numberOf(value).toString(2)
          : refuse('binary', 'integers and bools', value);
    case 'o':
      return isInteger(value) ? numberOf(value).toString(8) : refuse('octal', 'integers', value);
    case 'x':
    case 'X': {
      const hex = hexOf(value);
      return verb === 'x' ? hex : hex.toUpperCase();
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause ${JSON.stringify(verb)}`);
  }
}

const isInteger = (value: Value): value is bigint | Uint => typeof value === 'bigint' || isUint(value);
const isNumber = (value: Value): value is bigint | Uint | number => typeof value === 'number' || isInteger(value);
const numberOf = (value: bigint | Uint | number) => (typeof value === 'object' ? value.value : value);
const decimals = (value: number, write: (value: number) => string) =>
  Number.isFinite(value) ? write(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';

function hexOf(value: Value): string {
  if (isInteger(value)) return numberOf(value).toString(16);
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value as string).toString('hex');
  return refuse('hex', 'integers, byte buffers, and strings', value);
}

function refuse(clause: string, wanted: string, value: Value): never {
  throw new CelError(`error during formatting: ${clause} clause can only be used on ${wanted}, was given ${typeName(value)}`);
}

function plain(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return formatDouble(value);
  if (typeof value !== 'object') return String(value);
  if (isUint(value)) return String(value.value);
  if (value instanceof Time) return formatTimestamp(value.nanos);
  if (value instanceof Span) return formatDuration(value.nanos);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (typeName(value) === 'type') return (value as { readonly name: string }).name;
  if (isMap(value)) return `{${entries(value).toSorted().join(', ')}}`;
  return refuse('string', 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps', value);
}

const entries = (map: MapValue) => keysOf(map).map((key) => `${plain(key)}: ${plain(memberOf(map, key) ?? null)}`);
