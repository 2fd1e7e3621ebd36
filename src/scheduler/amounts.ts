import { Memory } from '../base/index.ts';
import { milliUnits, wholeUnits, type Pod, type ResourceList } from '../model/index.ts';

/** What a pod asks for or a node has: CPU in thousandths, everything else in whole units. */
export interface Amounts {
  readonly cpu: number;
  readonly memory: number;
  /** Ephemeral storage, huge pages, extended resources. Most pods ask for none. */
  readonly others: ReadonlyMap<string, number>;
}

const NOTHING: ReadonlyMap<string, number> = new Map();

/** A cluster repeats few quantities very often; what does not repeat must not pile up. */
const MANY = 1_000;
const remembered = { cpu: new Memory<string, number>(MANY), other: new Memory<string, number>(MANY) };

function unitsOf(resource: string, quantity: string): number {
  const known = resource === 'cpu' ? remembered.cpu : remembered.other;
  let units = known.get(quantity);
  if (units === undefined) {
    units = resource === 'cpu' ? milliUnits(quantity) : wholeUnits(quantity);
    known.set(quantity, units);
  }
  return units;
}

export function amountsOf(list: ResourceList | undefined): Amounts {
  return new Sum().add(list);
}

/**
 * What a pod needs at its most hungry moment: its containers together with its sidecars, or an init container
 * together with the sidecars before it, unless it asks for a resource as a whole. `assumed` stands in for what a
 * container does not say.
 */
export function requestsOf(pod: Pod, assumed?: ResourceList): Amounts {
  const total = new Sum();
  let initial: Sum | undefined;
  for (const container of pod.spec.initContainers ?? []) {
    const before = new Sum().plus(total).add(container.resources?.requests, assumed);
    if (container.restartPolicy === 'Always') total.add(container.resources?.requests, assumed);
    initial = (initial ?? new Sum()).raise(before);
  }
  for (const { resources } of pod.spec.containers) total.add(resources?.requests, assumed);
  if (initial) total.raise(initial);
  return total.replace(pod.spec.resources?.requests).add(pod.spec.overhead);
}

export function largestOf(a: Amounts, b: Amounts): Amounts {
  return new Sum().plus(a).raise(b);
}

export function equalAmounts(a: Amounts, b: Amounts): boolean {
  if (a.cpu !== b.cpu || a.memory !== b.memory || a.others.size !== b.others.size) return false;
  return a.others.entries().every(([resource, units]) => b.others.get(resource) === units);
}

class Sum implements Amounts {
  cpu = 0;
  memory = 0;
  others: ReadonlyMap<string, number> = NOTHING;

  add(list: ResourceList | undefined, assumed?: ResourceList): this {
    for (const resource in list) this.#addOne(resource, list[resource]!);
    for (const resource in assumed) if (list?.[resource] === undefined) this.#addOne(resource, assumed[resource]!);
    return this;
  }

  #addOne(resource: string, quantity: string): void {
    const units = unitsOf(resource, quantity);
    if (resource === 'cpu') this.cpu += units;
    else if (resource === 'memory') this.memory += units;
    else if (units !== 0) this.others = new Map(this.others).set(resource, (this.others.get(resource) ?? 0) + units);
  }

  plus({ cpu, memory, others }: Amounts): this {
    this.cpu += cpu;
    this.memory += memory;
    for (const [resource, units] of others) this.others = new Map(this.others).set(resource, (this.others.get(resource) ?? 0) + units);
    return this;
  }

  replace(list: ResourceList | undefined): this {
    for (const resource in list) {
      const units = unitsOf(resource, list[resource]!);
      if (resource === 'cpu') this.cpu = units;
      else if (resource === 'memory') this.memory = units;
      else this.others = new Map(this.others).set(resource, units);
    }
    return this;
  }

  raise({ cpu, memory, others }: Amounts): this {
    this.cpu = Math.max(this.cpu, cpu);
    this.memory = Math.max(this.memory, memory);
    for (const [resource, units] of others) {
      this.others = new Map(this.others).set(resource, Math.max(this.others.get(resource) ?? 0, units));
    }
    return this;
  }
}
