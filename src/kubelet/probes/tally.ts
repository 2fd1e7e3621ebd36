import type { Probe } from '../../model/index.ts';

/** How a probe has gone so far. The result changes only when a threshold is reached. */
export interface Tally {
  readonly result: boolean | undefined;
  readonly successes: number;
  readonly failures: number;
}

export const UNTOLD: Tally = { result: undefined, successes: 0, failures: 0 };

export function tally(before: Tally, ok: boolean, probe: Probe): Tally {
  const successes = ok ? before.successes + 1 : 0;
  const failures = ok ? 0 : before.failures + 1;
  const reached = ok ? successes >= (probe.successThreshold ?? 1) : failures >= (probe.failureThreshold ?? 3);
  return { result: reached ? ok : before.result, successes, failures };
}
