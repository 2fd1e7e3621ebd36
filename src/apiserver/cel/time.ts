import { CelError } from './errors.ts';

const MILLI = 1_000_000n;
const SECOND = 1_000_000_000n;

const RFC3339 = /^(\d{4}-\d{2}-\d{2})(?:[Tt](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** Nanoseconds since 1970 of a moment, or of a day's begin. */
export function parseTimestamp(text: string): bigint {
  const found = RFC3339.exec(text);
  const [, day, time = '00:00:00', fraction = '', zone = 'Z'] = found ?? [];
  const at = found ? Date.parse(`${day}T${time}${zone.toUpperCase()}`) : Number.NaN;
  // The calendar of `Date` lets the 30th of February pass as a day of March.
  const isDay = !Number.isNaN(at) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day!);
  if (!isDay) throw new CelError(`invalid timestamp ${JSON.stringify(text)}`);
  return BigInt(at) * MILLI + BigInt(fraction.slice(1, 10).padEnd(9, '0'));
}

export function formatTimestamp(nanos: bigint): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const whole = new Date(Number((nanos - fraction) / MILLI)).toISOString().slice(0, 19);
  return `${whole}${decimals(fraction)}Z`;
}

const decimals = (fraction: bigint) => (fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`);

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n, us: 1000n, µs: 1000n, μs: 1000n, ms: MILLI, s: SECOND, m: 60n * SECOND, h: 3600n * SECOND,
}; // prettier-ignore

/** Go's `1h30m`, in nanoseconds. */
export function parseDuration(text: string): bigint {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return 0n;
  const parts = [...rest.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === rest;
  if (!isWhole || parts.some(([, whole, fraction]) => !whole && !fraction))
    throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  const total = parts.reduce((sum, [, whole, fraction = '', unit]) => {
    const size = UNITS[unit!]!;
    return sum + BigInt(whole || '0') * size + (BigInt(fraction || '0') * size) / 10n ** BigInt(fraction.length);
  }, 0n);
  if (BigInt.asIntN(64, total) !== total) throw new CelError(`time: invalid duration ${JSON.stringify(text)}`);
  return sign === '-' ? -total : total;
}

/** In seconds, as CEL writes a duration. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  return `${nanos < 0n ? '-' : ''}${size / SECOND}${decimals(size % SECOND)}s`;
}

export type CalendarPart =
  | 'FullYear'
  | 'Month'
  | 'Date'
  | 'DayOfMonth'
  | 'DayOfWeek'
  | 'DayOfYear'
  | 'Hours'
  | 'Minutes'
  | 'Seconds'
  | 'Milliseconds';

/** What a calendar says of a moment in a zone: a name such as `Europe/Berlin`, or an offset such as `+02:00`. */
export function calendarPart(nanos: bigint, part: CalendarPart, zone = 'UTC'): bigint {
  const local = new Date(Number(nanos / MILLI) + offsetOf(Number(nanos / MILLI), zone));
  switch (part) {
    case 'FullYear':
      return BigInt(local.getUTCFullYear());
    case 'Month':
      return BigInt(local.getUTCMonth());
    case 'Date':
      return BigInt(local.getUTCDate());
    case 'DayOfMonth':
      return BigInt(local.getUTCDate() - 1);
    case 'DayOfWeek':
      return BigInt(local.getUTCDay());
    case 'DayOfYear':
      return BigInt(Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000));
    case 'Hours':
      return BigInt(local.getUTCHours());
    case 'Minutes':
      return BigInt(local.getUTCMinutes());
    case 'Seconds':
      return BigInt(local.getUTCSeconds());
    case 'Milliseconds':
      return BigInt(local.getUTCMilliseconds());
  }
}

function offsetOf(at: number, zone: string): number {
  const fixed = /^([+-]?)(\d{1,2}):(\d{2})$/.exec(zone);
  if (fixed) return (fixed[1] === '-' ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  if (zone === 'UTC' || zone === '') return 0;
  try {
    const written = new Date(at).toLocaleString('sv', { timeZone: zone });
    return Date.parse(`${written.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
  } catch {
    throw new CelError(`unknown time zone ${zone}`);
  }
}
