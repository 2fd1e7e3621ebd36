import type { Millis } from '../../base/index.ts';
import { formatTime, type Node } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';

/** A node that has not spoken for so long is given up. */
export const GRACE: Millis = 50_000;
/** One that has never spoken has a little longer. */
export const STARTUP_GRACE: Millis = 60_000;

type Conditions = NonNullable<NonNullable<Node['status']>['conditions']>;

const WATCHED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export const graceOf = (node: Node): Millis => (conditionOf(node.status?.conditions, 'Ready') ? GRACE : STARTUP_GRACE);

/** The conditions of a node that is silent: nobody knows how it is. */
export function decideConditions(node: Node, now: Millis): Conditions {
  const time = formatTime(now);
  const present = node.status?.conditions ?? [];
  const unknown = WATCHED.map((type) => {
    const old = present.find((condition) => condition.type === type);
    if (old?.status === 'Unknown') return old;
    const said = old
      ? { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
      : { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
    const lastHeartbeatTime = old ? old.lastHeartbeatTime : node.metadata.creationTimestamp;
    return { type, status: 'Unknown' as const, ...said, ...(lastHeartbeatTime ? { lastHeartbeatTime } : {}), lastTransitionTime: time };
  });
  return [...present.filter(({ type }) => !WATCHED.includes(type)), ...unknown];
}
