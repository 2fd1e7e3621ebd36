const SUFFIX_POWER: Readonly<Record<string, readonly [base: bigint, exponent: number]>> = {
  n: [10n, -9], u: [10n, -6], m: [10n, -3], '': [10n, 0], k: [10n, 3], M: [10n, 6], G: [10n, 9], T: [10n, 12], P: [10n, 15], E: [10n, 18],
  Ki: [2n, 10], Mi: [2n, 20], Gi: [2n, 30], Ti: [2n, 40], Pi: [2n, 50], Ei: [2n, 60],
}; // prettier-ignore

const QUANTITY = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** Kubernetes counts no finer than a billionth; finer input is rounded up, away from zero. */
const NANO = 1_000_000_000n;

/** An exact amount in billionths of a unit, or undefined when the text is no quantity. */
export function parseNanos(quantity: string | number): bigint | undefined {
  const found = QUANTITY.exec(String(quantity));
  if (!found) return undefined;
  const [, sign, digits, exponent, suffix = ''] = found;
  const [whole = '', fraction = ''] = digits!.split('.');
  const [base, power] = exponent ? ([10n, Number(exponent.slice(1))] as const) : SUFFIX_POWER[suffix]!;
  if (Math.abs(power) > 60 || fraction.length > 60) return undefined;
  let numerator = BigInt(whole + fraction) * NANO;
  let denominator = 10n ** BigInt(fraction.length);
  if (power >= 0) numerator *= base ** BigInt(power);
  else denominator *= base ** BigInt(-power);
  const nanos = (numerator + denominator - 1n) / denominator;
  return sign === '-' ? -nanos : nanos;
}

/** Whole units, rounded up: bytes of memory, a count of pods. */
export function wholeUnits(quantity: string | number | undefined): number {
  const nanos = quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n);
  return Number(nanos / NANO) + (nanos % NANO > 0n ? 1 : 0);
}

/** Thousandths, rounded up: how CPU is counted. */
export function milliUnits(quantity: string | number | undefined): number {
  const nanos = quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n);
  return Number(nanos / 1_000_000n) + (nanos % 1_000_000n > 0n ? 1 : 0);
}

export function isQuantity(value: unknown): boolean {
  return (typeof value === 'string' || typeof value === 'number') && parseNanos(value) !== undefined;
}
