import type { Millis } from '../../base/index.ts';
import type { Node } from '../../model/index.ts';
import { evictionKey } from './taints.ts';

const UNHEALTHY_SHARE = 0.55;
const LARGE_ZONE = 50;
const NORMAL: Millis = 10_000;
const SLOW: Millis = 100_000;

export const zoneOf = ({ metadata: { labels } }: Node): string =>
  `${labels?.['topology.kubernetes.io/region'] ?? ''}/${labels?.['topology.kubernetes.io/zone'] ?? ''}`;

/**
 * How long after one node of a zone the next one may lose its pods. Where much is silent at once it is rather the network, or
 * this side, that is broken: then no more nodes lose theirs (`Infinity`), and where everything is silent none does, not even
 * those that were told to before (undefined).
 */
export function evictionInterval(zone: string, nodes: readonly Node[]): Millis | undefined {
  const zones = new Map<string, { size: number; sick: number }>();
  for (const node of nodes) {
    const name = zoneOf(node);
    const { size, sick } = zones.get(name) ?? { size: 0, sick: 0 };
    zones.set(name, { size: size + 1, sick: sick + (evictionKey(node) ? 1 : 0) });
  }
  if ([...zones.values()].every(({ size, sick }) => sick === size)) return undefined;
  const { size, sick } = zones.get(zone) ?? { size: 0, sick: 0 };
  const isBroken = sick > 2 && sick < size && sick / size >= UNHEALTHY_SHARE;
  if (!isBroken) return NORMAL;
  return size > LARGE_ZONE ? SLOW : Infinity;
}
