import { amountsOfPod, NO_QUANTITY, quantityOf, readAmounts, type Amounts, type Pod, type ResourceList } from '../../model/index.ts';

/** What the node has for its pods, and the others that it has taken on, each as it was granted. */
export interface NodeShare {
  readonly allocatable: ResourceList;
  readonly others: readonly Pod[];
}

/** What of a resource the node does not have for a pod: not beside the others, or not at all. */
export interface Lack {
  readonly resource: string;
  readonly requested: bigint;
  readonly used: bigint;
  readonly capacity: bigint;
}

/** What the pod takes, itself included. */
export function takenBy(pod: Pod): Amounts {
  return new Map([['pods', quantityOf(1)], ...amountsOfPod(pod, 'requests')]);
}

/** Of these resources; one of which the node says nothing is none that it keeps count of. */
export function lacksOf(wanted: Amounts, resources: readonly string[], { allocatable, others }: NodeShare): readonly Lack[] {
  const capacities = readAmounts(allocatable);
  const taken = others.map(takenBy);
  return resources.flatMap((resource) => {
    const [requested, capacity] = [nanosOf(wanted, resource), nanosOf(capacities, resource)];
    const used = taken.reduce((sum, amounts) => sum + nanosOf(amounts, resource), 0n);
    const fits = !capacities.has(resource) || requested === 0n || requested + used <= capacity;
    return fits
      ? []
      : [{ resource, requested: units(resource, requested), used: units(resource, used), capacity: units(resource, capacity) }];
  });
}

export function describeLack({ resource, requested, used, capacity }: Lack): string {
  return `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
}

export function nanosOf(amounts: Amounts, resource: string): bigint {
  return (amounts.get(resource) ?? NO_QUANTITY).nanos;
}

/** CPU in thousandths, all else in whole units, as a node counts them. */
function units(resource: string, amount: bigint): bigint {
  return amount / (resource === 'cpu' ? 1_000_000n : 1_000_000_000n);
}
