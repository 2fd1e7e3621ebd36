import type { Millis } from '../../base/index.ts';

/** What reading a duration gave: billionths of a second, or why Go would refuse it. */
export type ReadDuration = { readonly ok: true; readonly nanos: bigint } | { readonly ok: false; readonly error: string };

const SECOND = 1_000_000_000n;
const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  '\u00B5s': 1000n,
  '\u03BCs': 1000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
};
const LARGEST = 2n ** 63n;
const PART = /(\d*)(\.?)(\d*)([^\d.]*)/y;
const LONGEST_FRACTION = 40;

/** `1h30m`, `1.5s`, `-250ms`, `0`, as Go and `metav1.Duration` read it. */
export function parseDuration(text: string): ReadDuration {
  const isNegative = text.startsWith('-');
  const size = /^[-+]/.test(text) ? text.slice(1) : text;
  if (size === '0') return { ok: true, nanos: 0n };
  const invalid: ReadDuration = { ok: false, error: `time: invalid duration ${JSON.stringify(text)}` };
  let nanos = 0n;
  if (size === '') return invalid;
  for (PART.lastIndex = 0; PART.lastIndex < size.length;) {
    const [, whole = '', , fraction = '', unit = ''] = PART.exec(size)!;
    if (whole === '' && fraction === '') return invalid;
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${JSON.stringify(text)}` };
    const worth = UNITS[unit];
    if (worth === undefined) return { ok: false, error: `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` };
    const read = fraction.slice(0, LONGEST_FRACTION);
    nanos += BigInt(whole || '0') * worth + (BigInt(read || '0') * worth) / 10n ** BigInt(read.length);
    if (nanos > LARGEST || (nanos === LARGEST && !isNegative)) return invalid;
  }
  return { ok: true, nanos: isNegative ? -nanos : nanos };
}

/** As Go prints it: `1h30m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  if (size === 0n) return '0s';
  if (size < 1000n) return `${sign}${size}ns`;
  if (size < 1_000_000n) return `${sign}${decimal(size, 1000n)}\u00B5s`;
  if (size < SECOND) return `${sign}${decimal(size, 1_000_000n)}ms`;
  const minutes = size / (60n * SECOND);
  const seconds = `${decimal(size % (60n * SECOND), SECOND)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function decimal(size: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const fraction = String(size % unit).padStart(digits, '0').replace(/0+$/, ''); // prettier-ignore
  return fraction ? `${size / unit}.${fraction}` : String(size / unit);
}

/** In the unit of clocks; undefined when it is no duration. */
export function durationMillis(text: string): Millis | undefined {
  const read = parseDuration(text);
  return read.ok ? Number(read.nanos) / 1_000_000 : undefined;
}
