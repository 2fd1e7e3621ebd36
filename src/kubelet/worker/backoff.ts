import type { Millis } from '../../base/index.ts';

const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;

/** A container that ran longer than this is forgiven. */
const FORGIVEN_AFTER_MS = 2 * LONGEST_MS;

/** What is not there is looked for at least this often, and people are told of it each time. */
const LONGEST_WAIT_MS = 120_000;

/** How long a container waits between its end and its next start. */
export interface Backoff {
  readonly delayMs: Millis;
  /** When it was restarted last. */
  readonly since: Millis;
}

/** When a container that ended may start again: at once the first time. */
export function restartAt(backoff: Backoff | undefined, finishedAt: Millis): Millis {
  return backoff && !isForgiven(backoff, finishedAt) ? finishedAt + backoff.delayMs : finishedAt;
}

export function afterRestart(backoff: Backoff | undefined, finishedAt: Millis, now: Millis): Backoff {
  const grows = backoff && !isForgiven(backoff, finishedAt);
  return { delayMs: grows ? Math.min(backoff.delayMs * 2, LONGEST_MS) : FIRST_MS, since: now };
}

function isForgiven(backoff: Backoff, finishedAt: Millis): boolean {
  return finishedAt - backoff.since > FORGIVEN_AFTER_MS;
}

/** How long is waited before what failed is tried again, by how long was waited before. */
export function nextWait(beforeMs: Millis | undefined): Millis {
  return beforeMs === undefined ? FIRST_MS : Math.min(beforeMs * 2, LONGEST_WAIT_MS);
}
