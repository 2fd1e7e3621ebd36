import type { Clock } from '../../base/index.ts';
import type { Kind } from '../../model/index.ts';

const EVENT_LIFE_MS = 3_600_000;

/** Events are forgotten after an hour, as on any cluster; the journal keeps them. */
export function expiryOf(kind: Kind, clock: Clock): { expiresAt?: number } {
  return kind.kind === 'Event' ? { expiresAt: clock.now() + EVENT_LIFE_MS } : {};
}
