import { equalJson, type Clock } from '../../base/index.ts';
import type { Kind, Lease, Manifest } from '../../model/index.ts';

const EVENT_LIFE_MS = 3_600_000;

/** Events are forgotten after an hour, as on any cluster; the journal keeps them. */
export function expiryOf(kind: Kind, clock: Pick<Clock, 'now'>): number | undefined {
  return kind.kind === 'Event' ? clock.now() + EVENT_LIFE_MS : undefined;
}

/** A lease that is only renewed: nobody misses that after a restart, so it is not worth a write to disk. */
export function isHeartbeat(kind: Kind, before: () => unknown, after: Manifest): boolean {
  if (kind.kind !== 'Lease') return false;
  const lease = before() as Lease | undefined;
  return lease !== undefined && equalJson(withoutBeat(lease), withoutBeat(after as unknown as Lease));
}

function withoutBeat({ metadata, spec, ...others }: Lease): object {
  const { resourceVersion: _, managedFields: __, ...kept } = metadata;
  const { renewTime: ___, ...lasting } = spec ?? {};
  return { ...others, metadata: kept, spec: lasting };
}
