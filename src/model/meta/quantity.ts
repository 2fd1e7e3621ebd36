/** An exact amount of something, in billionths, and the kind of suffix that it was written with. */
export interface Quantity {
  readonly nanos: bigint;
  readonly form: 'decimal' | 'binary' | 'exponent';
}

export const NO_QUANTITY: Quantity = { nanos: 0n, form: 'decimal' };

/** Kubernetes counts no finer than a billionth. */
const NANO = 1_000_000_000n;
const MILLI = 1_000_000n;
/** What is written in powers of two is cut off here, as a number of 64 bits. */
const LARGEST = (2n ** 63n - 1n) * NANO;
/** More digits change nothing but whether there is something left to round up. */
const LONGEST_FRACTION = 40;
const LARGEST_EXPONENT = 400;

const SUFFIX_POWER: Readonly<Record<string, readonly [base: bigint, exponent: number]>> = {
  n: [10n, -9], u: [10n, -6], m: [10n, -3], '': [10n, 0], k: [10n, 3], M: [10n, 6], G: [10n, 9], T: [10n, 12], P: [10n, 15], E: [10n, 18],
  Ki: [2n, 10], Mi: [2n, 20], Gi: [2n, 30], Ti: [2n, 40], Pi: [2n, 50], Ei: [2n, 60],
}; // prettier-ignore

const QUANTITY = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** Undefined when the text is no quantity. What is finer than a billionth is rounded up, away from zero. */
export function parseQuantity(quantity: string | number): Quantity | undefined {
  const found = QUANTITY.exec(String(quantity));
  if (!found) return undefined;
  const [, sign, digits, exponent, suffix = ''] = found;
  const [base, power] = exponent ? ([10n, Number(exponent.slice(1))] as const) : SUFFIX_POWER[suffix]!;
  if (power > LARGEST_EXPONENT) return undefined;
  const isBinary = base === 2n;
  const size = scale(digits!, base, power);
  const nanos = isBinary && size > LARGEST ? LARGEST : size;
  const form = exponent ? 'exponent' : isBinary && (nanos === 0n || nanos >= NANO) ? 'binary' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, form };
}

function scale(digits: string, base: bigint, power: number): bigint {
  const [whole = '', fraction = ''] = digits.split('.');
  const read = fraction.slice(0, LONGEST_FRACTION);
  const rest = /[1-9]/.test(fraction.slice(LONGEST_FRACTION)) ? 1n : 0n;
  let numerator = BigInt(whole + read) * 10n + rest;
  let denominator = 10n ** BigInt(read.length + 1);
  if (power >= 0) numerator *= base ** BigInt(power);
  else denominator *= base ** BigInt(Math.min(-power, LARGEST_EXPONENT));
  return divide(numerator * NANO, denominator);
}

/** Rounded up, away from zero. */
function divide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  if (numerator % denominator === 0n) return quotient;
  return numerator < 0n ? quotient - 1n : quotient + 1n;
}

/** The sum looks like the first of the two that is anything. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, form: a.nanos === 0n ? b.form : a.form };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, { ...b, nanos: -b.nanos });
}

export const quantityOf = (count: number): Quantity => ({ nanos: BigInt(count) * NANO, form: 'decimal' });

/** An exact amount in billionths of a unit, or undefined when the text is no quantity. */
export function parseNanos(quantity: string | number): bigint | undefined {
  return parseQuantity(quantity)?.nanos;
}

/** Whole units, rounded up: bytes of memory, a count of pods. */
export function wholeUnits(quantity: string | number | undefined): number {
  return Number(divide(quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n), NANO));
}

/** Thousandths, rounded up: how CPU is counted. */
export function milliUnits(quantity: string | number | undefined): number {
  return Number(divide(quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n), MILLI));
}

export function isWhole({ nanos }: Quantity): boolean {
  return nanos % NANO === 0n;
}

const DECIMAL_SUFFIXES = [['', 0], ['k', 3], ['M', 6], ['G', 9], ['T', 12], ['P', 15], ['E', 18]] as const; // prettier-ignore
const FRACTION_SUFFIXES = [['m', 6], ['u', 3], ['n', 0]] as const; // prettier-ignore
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** The one way to write an amount: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`; the kind of suffix is kept. */
export function formatQuantity(quantity: Quantity): string {
  const { nanos, form } = quantity;
  const size = nanos < 0n ? -nanos : nanos;
  const sign = nanos < 0n ? '-' : '';
  if (size === 0n) return '0';
  if (!isWhole(quantity)) {
    const [suffix, power] = FRACTION_SUFFIXES.find(([, digits]) => size % 10n ** BigInt(digits) === 0n)!;
    return `${sign}${size / 10n ** BigInt(power)}${form === 'exponent' ? `e${power - 9}` : suffix}`;
  }
  if (form === 'binary' && size >= 1024n * NANO) return sign + largest(size / NANO, 1024n, BINARY_SUFFIXES);
  const suffixes = DECIMAL_SUFFIXES.map(([suffix, power]) => (form === 'exponent' && power > 0 ? `e${power}` : suffix));
  return sign + largest(size / NANO, 1000n, suffixes);
}

function largest(units: bigint, base: bigint, suffixes: readonly string[]): string {
  let step = 0;
  while (step < suffixes.length - 1 && units % base === 0n) {
    units /= base;
    step++;
  }
  return `${units}${suffixes[step]}`;
}

export function canonicalQuantity(quantity: string | number): string | undefined {
  const parsed = parseQuantity(quantity);
  return parsed && formatQuantity(parsed);
}
