import type { Manifest } from '../../model/index.ts';
import type { Health } from '../../status/index.ts';
import { formatTarget, type Target } from '../desired/identity.ts';

/** What a plan that cannot go on yet waits for. */
export interface Gate {
  /** The stage that is not through. */
  readonly stage: string;
  readonly on: readonly Target[];
  /** Who holds it up, and why. */
  readonly message: string;
}

export function formatGate({ stage, message }: Gate): string {
  return `${stage}: waiting for ${message}`;
}

export function formatLate({ stage, message }: Gate): string {
  return `${stage}: not ${stage === REMOVAL ? 'through' : 'healthy'} in time: ${message}`;
}

/** What hooks of the end wait for that run when nothing is left. */
export const REMOVAL = 'the removal of its objects';

interface Awaited {
  readonly target: Target;
  /** As it was written, or found. */
  readonly object: Manifest | undefined;
}

/** Of those that hold it up, so many are named. */
export const MOST_NAMED = 3;

const PASSES: ReadonlySet<Health['state']> = new Set(['Healthy', 'Suspended']);

export type Look = (target: Target, written: Manifest | undefined) => Promise<Health>;

/** Closed while something of a stage is not well; undefined when the way is free. */
export async function gateOf(stage: string, awaited: readonly Awaited[], look: Look): Promise<Gate | undefined> {
  const closed: { target: Target; health: Health }[] = [];
  for (const { target, object } of awaited) {
    const health = await look(target, object);
    if (!PASSES.has(health.state)) closed.push({ target, health });
  }
  if (closed.length === 0) return undefined;
  const named = closed
    .slice(0, MOST_NAMED)
    .map(({ target, health }) => `${formatTarget(target)}${health.message ? ` (${health.message})` : ''}`);
  const more = closed.length > MOST_NAMED ? ` and ${closed.length - MOST_NAMED} more` : '';
  return { stage, on: closed.map(({ target }) => target), message: `${named.join(', ')}${more}` };
}
