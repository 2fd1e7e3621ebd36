import type { Millis } from '../../base/index.ts';

const DAY = 24 * 60 * 60 * 1000;

/** How long certificates are good for. */
export const LIFE = { authority: 3650 * DAY, server: 365 * DAY, client: 365 * DAY };

/** Renewed at a start when less than this is left; a daemon that runs longer than that is restarted before. */
export const RENEW = { authority: 730 * DAY, server: 90 * DAY, client: 90 * DAY };

/** Clocks of two machines are never quite the same. */
export const CLOCK_SKEW = 5 * 60 * 1000;

/** A certificate for so short a time has all of it from now on. */
const SHORT = 8 * 60 * 60 * 1000;

interface Validity {
  readonly from: Millis;
  readonly until: Millis;
}

/** How long a certificate is good that somebody asked for so long: never longer than the authority itself, nor than a client's. */
export function validityOf(seconds: number | undefined, now: Millis, authorityEnd: Millis): Validity {
  const life = Math.min(seconds === undefined ? LIFE.client : seconds * 1000, LIFE.client);
  const end = life < SHORT ? now + life : now + life - CLOCK_SKEW;
  return { from: now - CLOCK_SKEW, until: Math.min(end, authorityEnd) };
}
