import type { Millis } from './clock.ts';

/** How long to wait after so many failures in a row: twice as long each time. */
export function doubled(first: Millis, failures: number, longest: Millis): Millis {
  return Math.min(longest, first * 2 ** Math.min(failures - 1, 30));
}
