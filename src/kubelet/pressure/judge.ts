import type { Millis } from '../../base/index.ts';
import { formatBinary } from './amounts.ts';
import type { Left, Room } from './room.ts';

export type PressureType = 'MemoryPressure' | 'DiskPressure';

/** What the machine is short of. */
export interface Shortage {
  readonly condition: PressureType;
  /** As a kubelet names it in what it says of an eviction. */
  readonly resource: 'memory' | 'ephemeral-storage' | 'inodes';
  readonly threshold: string;
  readonly available: string;
}

interface Threshold extends Pick<Shortage, 'condition' | 'resource'> {
  readonly of: keyof Room;
  /** Less than this may not be left: an amount, or a share of all. */
  readonly least: number | { readonly percent: number };
}

/**
 * A kubelet's own for memory. For the disk it takes a tenth of it, which is right for machines that are there for pods alone;
 * on any other, whose disk is seldom emptier, it would end all of them.
 */
const THRESHOLDS: readonly Threshold[] = [
  { condition: 'MemoryPressure', resource: 'memory', of: 'memory', least: 100 * 2 ** 20 },
  { condition: 'DiskPressure', resource: 'ephemeral-storage', of: 'disk', least: 500 * 2 ** 20 },
  { condition: 'DiskPressure', resource: 'inodes', of: 'inodes', least: { percent: 1 } },
];

/** What there is too little of. What nothing is known of (a file system without inodes) is never short. */
export function shortagesIn(room: Room): readonly Shortage[] {
  return THRESHOLDS.flatMap(({ condition, resource, of, least }) => {
    const { available, capacity }: Left = room[of];
    const bound = typeof least === 'number' ? least : (capacity * least.percent) / 100;
    if (capacity === 0 || available >= bound) return [];
    const write = resource === 'inodes' ? String : formatBinary;
    return [
      { condition, resource, threshold: typeof least === 'number' ? write(bound) : `${least.percent}%`, available: write(available) },
    ];
  });
}

/** When the machine was last seen short of something. */
export type Pressure = Readonly<Partial<Record<PressureType, Millis>>>;

/** A shortage is over when it has not been seen for so long: who was driven out should not come back at once. */
const TRANSITION: Millis = 300_000;

export function pressureAfter(before: Pressure, shortages: readonly Shortage[], now: Millis): Pressure {
  const seen = Object.fromEntries(shortages.map(({ condition }) => [condition, now])) as Pressure;
  const lasting = Object.entries(before).filter(([, at]) => now - at < TRANSITION);
  return { ...Object.fromEntries(lasting), ...seen };
}
