import type { Millis } from '../base/index.ts';

/** `10s`, `1m20s`, `5m0s`: as Go prints a duration of whole seconds. */
export function formatDelay(ms: Millis): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
