import type { Millis } from '../../base/index.ts';
import { formatTime, type Node, type Taint } from '../../model/index.ts';
import { conditionOf } from '../../status/index.ts';

const PREFIX = 'node.kubernetes.io/';

/** Which conditions keep new pods away, and by which taint. */
const BY_CONDITION: readonly (readonly [type: string, status: string, key: string])[] = [
  ['Ready', 'False', `${PREFIX}not-ready`],
  ['Ready', 'Unknown', `${PREFIX}unreachable`],
  ['MemoryPressure', 'True', `${PREFIX}memory-pressure`],
  ['DiskPressure', 'True', `${PREFIX}disk-pressure`],
  ['PIDPressure', 'True', `${PREFIX}pid-pressure`],
  ['NetworkUnavailable', 'True', `${PREFIX}network-unavailable`],
];
const UNSCHEDULABLE = `${PREFIX}unschedulable`;
const KEYS: ReadonlySet<string> = new Set([...BY_CONDITION.map(([, , key]) => key), UNSCHEDULABLE]);
const EVICTING: ReadonlySet<string> = new Set([`${PREFIX}not-ready`, `${PREFIX}unreachable`]);

/** Against which the node's pods are to leave; undefined for a node that is well. */
export function evictionKey({ status }: Node): string | undefined {
  const ready = conditionOf(status?.conditions, 'Ready')?.status;
  return BY_CONDITION.find(([type, is]) => type === 'Ready' && is === ready)?.[2];
}

/** The taints that the node's conditions ask for, beside those that others set; the same list when nothing changes. */
export function decideTaints(node: Node, mayEvict: boolean, now: Millis): readonly Taint[] {
  const present = node.spec?.taints ?? [];
  const timeAdded = formatTime(now);
  const keys = BY_CONDITION.filter(([type, is]) => conditionOf(node.status?.conditions, type)?.status === is).map(([, , key]) => key);
  const evicting = mayEvict ? evictionKey(node) : undefined;
  const wanted: Taint[] = [
    ...[...keys, ...(node.spec?.unschedulable ? [UNSCHEDULABLE] : [])].map((key): Taint => ({ key, effect: 'NoSchedule', timeAdded })),
    ...(evicting ? [{ key: evicting, effect: 'NoExecute', timeAdded } as const] : []),
  ];
  const isSame = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect;
  const isOurs = ({ key, effect }: Taint) => (effect === 'NoSchedule' && KEYS.has(key)) || (effect === 'NoExecute' && EVICTING.has(key));
  const kept = present.filter((taint) => !isOurs(taint) || wanted.some((other) => isSame(taint, other)));
  const added = wanted.filter((taint) => !present.some((other) => isSame(taint, other)));
  return added.length === 0 && kept.length === present.length ? present : [...kept, ...added];
}
