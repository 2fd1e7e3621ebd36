import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  formatQuantity,
  milliUnits,
  parseNanos,
  parseQuantity,
  subtractQuantities,
  wholeUnits,
  type Quantity,
} from '../../../src/model/index.ts';

const NANO = 1_000_000_000n;
const read = (text: string) => parseQuantity(text)!;

describe('the canonical form', () => {
  test.each([
    ['0', '0'],
    ['-0', '0'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1.', '1'],
    ['.5', '500m'],
    ['+1', '1'],
    ['100k', '100k'],
    ['1000k', '1M'],
    ['1024', '1024'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['0.5Ki', '512'],
    ['0.0001Ki', '102400u'],
    ['-1Gi', '-1Gi'],
    ['1e3', '1e3'],
    ['12e6', '12e6'],
    ['1500e-3', '1500e-3'],
    ['1E3', '1e3'],
    ['1E', '1E'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['1.00000000001', '1000000001n'],
    ['9223372036854775807Ki', '9223372036854775807'],
    ['100E', '100E'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  test.each(['', ' ', 'lots', '1 Gi', '1kk', '1.2.3', '--1', '1Kii', '1K', '1e', 'e3', 'Infinity', '0x10'])('%j is none', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe('arithmetic', () => {
  test.each([
    ['100m', '900m', '1'],
    ['1Gi', '512Mi', '1536Mi'],
    ['0', '1Gi', '1Gi'],
    ['1Gi', '1k', '1073742824'],
    ['1', '1Ki', '1025'],
    ['1e3', '1', '1001'],
  ])('%s and %s are %s', (a, b, sum) => {
    expect(formatQuantity(addQuantities(read(a), read(b)))).toBe(sum);
  });

  test('less than nothing is written with a sign', () => {
    expect(formatQuantity(subtractQuantities(read('1Gi'), read('2Gi')))).toBe('-1Gi');
  });
});

const SUFFIXES: Readonly<Record<string, readonly [numerator: bigint, denominator: bigint]>> = {
  n: [1n, NANO],
  u: [1n, 1_000_000n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [10n ** 3n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  Ki: [2n ** 10n, 1n],
  Mi: [2n ** 20n, 1n],
  Gi: [2n ** 30n, 1n],
};

/** A text, and its amount as a fraction. */
const written = fc
  .record({
    sign: fc.constantFrom('', '-'),
    whole: fc.bigInt(0n, 10n ** 8n),
    fraction: fc.stringMatching(/^\d{0,6}$/),
    suffix: fc.constantFrom(...Object.keys(SUFFIXES)),
  })
  .map(({ sign, whole, fraction, suffix }) => {
    const [up, down] = SUFFIXES[suffix]!;
    const digits = BigInt(`${whole}${fraction}`) * (sign ? -1n : 1n);
    return { text: `${sign}${whole}${fraction ? `.${fraction}` : ''}${suffix}`, numerator: digits * up, denominator: 10n ** BigInt(fraction.length) * down };
  }); // prettier-ignore

const quantity: fc.Arbitrary<Quantity> = fc.record({
  nanos: fc.bigInt(-(2n ** 80n), 2n ** 80n),
  form: fc.constantFrom('decimal', 'binary', 'exponent'),
});

const awayFromZero = (numerator: bigint, denominator: bigint) => {
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (size + denominator - 1n) / denominator;
  return numerator < 0n ? -rounded : rounded;
};

describe('for every quantity', () => {
  test('what is read is the exact fraction, rounded away from zero to a billionth', () => {
    fc.assert(
      fc.property(written, ({ text, numerator, denominator }) => {
        expect(parseNanos(text)).toBe(awayFromZero(numerator * NANO, denominator));
      }),
    );
  });

  test('what is written reads back as the same amount, and is written the same', () => {
    fc.assert(
      fc.property(quantity, (given) => {
        const text = formatQuantity(given);
        expect(parseNanos(text)).toBe(given.nanos);
        expect(canonicalQuantity(text)).toBe(text);
        expect(text).toMatch(/^-?(0|[1-9]\d*)([numkMGTPE]|[KMGTPE]i|e-?\d+)?$/);
      }),
    );
  });

  test('sums and differences are those of the fractions', () => {
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        expect(addQuantities(a, b).nanos).toBe(a.nanos + b.nanos);
        expect(subtractQuantities(addQuantities(a, b), b).nanos).toBe(a.nanos);
      }),
    );
  });

  test('counts are rounded up', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 70n), (nanos) => {
        expect(wholeUnits(`${nanos}n`)).toBe(Number((nanos + NANO - 1n) / NANO));
        expect(milliUnits(`${nanos}n`)).toBe(Number((nanos + 999_999n) / 1_000_000n));
      }),
    );
  });
});
