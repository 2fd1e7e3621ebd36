import { isRecord } from '../../base/index.ts';
import {
  amountsOfPod,
  canonicalQuantity,
  formatQuantity,
  NO_QUANTITY,
  quantityOf,
  wholeUnits,
  type Pod,
  type Volume,
} from '../../model/index.ts';
import type { Runtime } from '../runtime.ts';
import { isInMemory, sizeLimitOf } from './emptydir.ts';
import type { Place } from './lay.ts';
import { bytesBelow } from './usage.ts';

/** What was measured of a pod, in bytes by name. */
export interface Holding {
  readonly volumes: ReadonlyMap<string, number>;
  /** Of those that run: what they wrote where no volume is, and their logs. */
  readonly containers: ReadonlyMap<string, number>;
}

const STORAGE = 'ephemeral-storage';

/** Something of the pod may only grow so far. */
export function isBounded(pod: Pod): boolean {
  return isStorageLimited(pod) || (pod.spec.volumes?.some((volume) => sizeLimitOf(volume) !== undefined) ?? false);
}

function isStorageLimited({ spec: { containers, initContainers = [] } }: Pod): boolean {
  return [...initContainers, ...containers].some(({ resources }) => resources?.limits?.[STORAGE] !== undefined);
}

/** It counts as the pod's own storage. */
function isOwnStorage(volume: Volume): boolean {
  return volume['configMap'] !== undefined || (isRecord(volume['emptyDir']) && !isInMemory(volume));
}

/** Measures what has a bound, and nothing else. */
export async function measure(pod: Pod, places: ReadonlyMap<string, Place>, runtime: Runtime): Promise<Holding> {
  const counts = isStorageLimited(pod);
  const volumes = new Map<string, number>();
  for (const volume of pod.spec.volumes ?? []) {
    const place = places.get(volume.name);
    const isAsked = sizeLimitOf(volume) !== undefined || (counts && isOwnStorage(volume));
    if (place && isAsked) volumes.set(volume.name, await bytesBelow(place.path));
  }
  const own = counts ? await runtime.storage?.(pod.metadata.uid ?? '') : undefined;
  return { volumes, containers: new Map(own?.map(({ name, bytes }) => [name, bytes])) };
}

/** What is said of the first that holds more than it may: a volume, the pod as a whole, a container. */
export function excessOf(pod: Pod, { volumes, containers }: Holding): string | undefined {
  const listed = pod.spec.volumes ?? [];
  for (const volume of listed) {
    const limit = sizeLimitOf(volume);
    if (limit !== undefined && (volumes.get(volume.name) ?? 0) > wholeUnits(limit))
      return `Usage of EmptyDir volume "${volume.name}" exceeds the limit "${limit}". `;
  }
  if (!isStorageLimited(pod)) return undefined;
  const total = amountsOfPod(pod, 'limits').get(STORAGE) ?? NO_QUANTITY;
  const held = [...containers.values(), ...listed.filter(isOwnStorage).map(({ name }) => volumes.get(name) ?? 0)];
  if (quantityOf(held.reduce((sum, each) => sum + each, 0)).nanos > total.nanos)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(total)}. `;
  for (const { name, resources } of pod.spec.containers) {
    const limit = resources?.limits?.[STORAGE];
    if (wholeUnits(limit) > 0 && (containers.get(name) ?? 0) > wholeUnits(limit))
      return `Container ${name} exceeded its local ephemeral storage limit "${canonicalQuantity(limit ?? '')}". `;
  }
  return undefined;
}
