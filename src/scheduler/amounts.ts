import { milliUnits, wholeUnits, type Container, type Pod, type ResourceList } from '../model/index.ts';

/** What a pod asks for or a node has: CPU in thousandths, everything else in whole units. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  /** Ephemeral storage, huge pages, extended resources. Most pods ask for none. */
  readonly others: ReadonlyMap<string, number>;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

/** A cluster repeats few quantities very often; what does not repeat must not pile up. */
const MOST_REMEMBERED = 1_000;
const remembered = { cpu: new Map<string, number>(), other: new Map<string, number>() };

function unitsOf(resource: string, quantity: string): number {
  const known = resource === 'cpu' ? remembered.cpu : remembered.other;
  let units = known.get(quantity);
  if (units === undefined) {
    units = resource === 'cpu' ? milliUnits(quantity) : wholeUnits(quantity);
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(quantity, units);
  }
  return units;
}

export function amountsOf(list: ResourceList | undefined): Amounts {
  return toAmounts(unitsIn(list));
}

/**
 * What a pod needs at its most hungry moment: its containers together with its sidecars, or an init container
 * together with the sidecars before it. `assumed` stands in for what a container does not say.
 */
export function requestsOf(pod: Pod, assumed?: ResourceList): Amounts {
  const sum = (container: Container) => unitsIn(assumed ? { ...assumed, ...container.resources?.requests } : container.resources?.requests);
  const sidecars = new Map<string, number>();
  const initial = new Map<string, number>();
  for (const container of pod.spec.initContainers ?? []) {
    const asked = sum(container);
    if (container.restartPolicy === 'Always') addTo(sidecars, asked);
    else raiseTo(initial, addTo(new Map(sidecars), asked));
    raiseTo(initial, sidecars);
  }
  const total = sidecars;
  for (const container of pod.spec.containers) addTo(total, sum(container));
  raiseTo(total, initial);
  if (pod.spec.overhead) addTo(total, unitsIn(pod.spec.overhead));
  return toAmounts(total);
}

function unitsIn(list: ResourceList | undefined): Map<string, number> {
  const units = new Map<string, number>();
  for (const resource in list) units.set(resource, unitsOf(resource, list[resource]!));
  return units;
}

function addTo(total: Map<string, number>, more: ReadonlyMap<string, number>): Map<string, number> {
  for (const [resource, units] of more) total.set(resource, (total.get(resource) ?? 0) + units);
  return total;
}

function raiseTo(total: Map<string, number>, least: ReadonlyMap<string, number>): void {
  for (const [resource, units] of least) total.set(resource, Math.max(total.get(resource) ?? 0, units));
}

function toAmounts(units: Map<string, number>): Amounts {
  const cpu = units.get('cpu') ?? 0;
  const memory = units.get('memory') ?? 0;
  units.delete('cpu');
  units.delete('memory');
  for (const [resource, amount] of units) if (amount === 0) units.delete(resource);
  return { cpu, memory, others: units.size > 0 ? units : NOTHING };
}
