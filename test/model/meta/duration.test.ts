import { describe, expect, test } from 'vitest';
import { durationMillis, parseDuration } from '../../../src/model/index.ts';

describe('a duration', () => {
  test.each([
    ['0', 0n],
    ['0s', 0n],
    ['5s', 5_000_000_000n],
    ['1.5s', 1_500_000_000n],
    ['-1.5s', -1_500_000_000n],
    ['90s', 90_000_000_000n],
    ['1h', 3_600_000_000_000n],
    ['1h30m', 5_400_000_000_000n],
    ['250ms', 250_000_000n],
    ['1us', 1000n],
    ['1\u00B5s', 1000n],
    ['1\u03BCs', 1000n],
    ['7ns', 7n],
    ['.5h', 1_800_000_000_000n],
    ['+5m', 300_000_000_000n],
    ['2562047h47m16.854775807s', 2n ** 63n - 1n],
  ])('%s is read as Go reads it', (text, nanos) => {
    expect(parseDuration(text)).toEqual({ ok: true, nanos });
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['5', 'time: missing unit in duration "5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['s', 'time: invalid duration "s"'],
    ['-', 'time: invalid duration "-"'],
    ['1h30', 'time: missing unit in duration "1h30"'],
    ['9999999h', 'time: invalid duration "9999999h"'],
    ['5 s', 'time: unknown unit " s" in duration "5 s"'],
  ])('%j is refused as Go refuses it', (text, error) => {
    expect(parseDuration(text)).toEqual({ ok: false, error });
  });

  test('is counted in milliseconds by clocks', () => {
    expect([durationMillis('1m30s'), durationMillis('1500us'), durationMillis('soon')]).toEqual([90_000, 1.5, undefined]);
  });
});
