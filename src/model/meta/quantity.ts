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

const DECIMAL_SUFFIXES = [['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]] as const; // prettier-ignore
const FRACTION_SUFFIXES = [['m', 6], ['u', 3], ['n', 0]] as const; // prettier-ignore
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** The one way to write an amount: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`; the kind of suffix is kept. */
export function canonicalQuantity(quantity: string | number): string | undefined {
  const text = String(quantity);
  const nanos = parseNanos(text);
  if (nanos === undefined) return undefined;
  const exponent = /[eE][+-]?\d+$/.test(text);
  const size = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  if (text.endsWith('i') && size % NANO === 0n && size >= 1024n * NANO) return sign + largest(size / NANO, 1024n, BINARY_SUFFIXES);
  if (size === 0n) return '0';
  if (size % NANO === 0n) {
    const suffixes = DECIMAL_SUFFIXES.map(([suffix, power]) => (exponent && power > 0 ? `e${power}` : suffix));
    return sign + largest(size / NANO, 1000n, suffixes);
  }
  const [suffix, power] = FRACTION_SUFFIXES.find(([, digits]) => size % 10n ** BigInt(digits) === 0n)!;
  return `${sign}${size / 10n ** BigInt(power)}${exponent ? `e${power - 9}` : suffix}`;
}

function largest(units: bigint, base: bigint, suffixes: readonly string[]): string {
  let step = 0;
  while (step < suffixes.length - 1 && units % base === 0n && units > 0n) {
    units /= base;
    step++;
  }
  return `${units}${suffixes[step]}`;
}
