import type { Millis } from '../../base/index.ts';
import type { Probe } from '../../model/index.ts';
import type { Seen } from './view.ts';

export interface Assumed {
  readonly startedAt: Millis;
  readonly readyAt: Millis;
}

/** Where nothing can be asked, each probe is taken to pass as soon as its settings let it. */
export function assumedProbes({ spec, current }: Pick<Seen, 'spec' | 'current'>): Assumed | undefined {
  if (current?.state.kind !== 'running') return undefined;
  const { startedAt: begin } = current.state;
  const startedAt = passedAt(begin, begin, spec.startupProbe);
  return { startedAt, readyAt: passedAt(begin, startedAt, spec.readinessProbe) };
}

/** The first question comes no earlier than `after`. */
function passedAt(begin: Millis, after: Millis, probe: Probe | undefined): Millis {
  if (!probe) return after;
  const { initialDelaySeconds = 0, periodSeconds = 10, successThreshold = 1 } = probe;
  return Math.max(after, begin + initialDelaySeconds * 1000) + (successThreshold - 1) * periodSeconds * 1000;
}
