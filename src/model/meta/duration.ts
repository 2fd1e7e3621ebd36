import { ownMember, type Millis } from '../../base/index.ts';

/** What reading a duration gave: billionths of a second, or why Go would refuse it. */
type ReadDuration = { readonly ok: true; readonly nanos: bigint } | { readonly ok: false; readonly error: string };

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
    const worth = ownMember(UNITS, unit);
    if (worth === undefined) return { ok: false, error: `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` };
    const read = fraction.slice(0, LONGEST_FRACTION);
    nanos += BigInt(whole || '0') * worth + (BigInt(read || '0') * worth) / 10n ** BigInt(read.length);
    if (nanos > LARGEST || (nanos === LARGEST && !isNegative)) return invalid;
  }
  return { ok: true, nanos: isNegative ? -nanos : nanos };
}

/** In the unit of clocks; undefined when it is no duration. */
export function durationMillis(text: string): Millis | undefined {
  const read = parseDuration(text);
  return read.ok ? Number(read.nanos) / 1_000_000 : undefined;
}
