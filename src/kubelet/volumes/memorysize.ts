import {
  amountsOfPod,
  formatQuantity,
  NO_QUANTITY,
  wholeUnits,
  type Container,
  type Pod,
  type ResourceList,
  type Volume,
} from '../../model/index.ts';
import { sizeLimitOf } from './emptydir.ts';

/** How much a volume in memory can hold: as much as it may itself, its pod or the node, whichever is least. */
export function memorySizeOf(volume: Volume, pod: Pod, allocatable: ResourceList): number {
  const bounds = [wholeUnits(sizeLimitOf(volume)), memoryLimitOf(pod), wholeUnits(allocatable['memory'])].filter((bytes) => bytes > 0);
  return bounds.length > 0 ? Math.min(...bounds) : 0;
}

/** A pod has one when it says so as a whole, or all of its containers do; else 0. */
function memoryLimitOf(pod: Pod): number {
  const { resources, containers, initContainers = [] } = pod.spec;
  const isLimited = (each: Pick<Container, 'resources'>) => wholeUnits(each.resources?.limits?.['memory']) > 0;
  if (!isLimited({ resources }) && ![...initContainers, ...containers].every(isLimited)) return 0;
  return wholeUnits(formatQuantity(amountsOfPod(pod, 'limits').get('memory') ?? NO_QUANTITY));
}
