import { addQuantities, NO_QUANTITY, parseQuantity, subtractQuantities, type Quantity } from '../meta/index.ts';
import type { Container, Pod, PodSpec, ResourceList } from '../types/index.ts';

export type Amounts = ReadonlyMap<string, Quantity>;

function readAmount(quantity: string | number): Quantity {
  return parseQuantity(quantity) ?? NO_QUANTITY;
}

export function readAmounts(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, readAmount(quantity)]));
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, amount] of b) sum.set(name, addQuantities(sum.get(name) ?? NO_QUANTITY, amount));
  return sum;
}

export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const rest = new Map(a);
  for (const [name, amount] of b) rest.set(name, subtractQuantities(rest.get(name) ?? NO_QUANTITY, amount));
  return rest;
}

export function largestAmounts(a: Amounts, b: Amounts): Amounts {
  const largest = new Map(a);
  for (const [name, amount] of b) if ((largest.get(name)?.nanos ?? -1n) < amount.nanos) largest.set(name, amount);
  return largest;
}

type Part = 'requests' | 'limits';

/** The pod says as a whole what it takes. */
export function isPodLevel({ resources }: PodSpec): boolean {
  return Object.keys({ ...resources?.requests, ...resources?.limits }).length > 0;
}

/** What a pod takes: what it says as a whole, or else its containers, and what it costs to run it at all. */
export function amountsOfPod({ spec }: Pod, part: Part): Amounts {
  const { overhead } = spec;
  const needed = new Map([...amountsOfContainers(spec, part), ...readAmounts(spec.resources?.[part])]);
  if (!overhead) return needed;
  const added = [...readAmounts(overhead)].filter(([name]) => part === 'requests' || needed.has(name));
  return addAmounts(needed, new Map(added));
}

/** All containers together, or one of those that run before them, whichever is more. */
export function amountsOfContainers(spec: PodSpec, part: Part): Amounts {
  let running: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container, part);
    if (container.restartPolicy === 'Always') running = addAmounts(running, own);
    starting = largestAmounts(starting, container.restartPolicy === 'Always' ? running : addAmounts(running, own));
  }
  for (const container of spec.containers ?? []) running = addAmounts(running, amountsOf(container, part));
  return largestAmounts(running, starting);
}

const amountsOf = ({ resources }: Container, part: Part): Amounts => readAmounts(resources?.[part]);
