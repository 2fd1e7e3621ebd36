import { canonicalQuantity, parseNanos, type Container, type Pod, type ResourceList } from '../../model/index.ts';

const UNIT = 1_000_000_000n;

/** Amounts of resources in billionths; what was written in powers of two is shown so. */
export interface Amount {
  readonly nanos: bigint;
  readonly binary: boolean;
}

export type Amounts = ReadonlyMap<string, Amount>;

export function readAmount(quantity: string | number): Amount {
  return { nanos: parseNanos(quantity) ?? 0n, binary: String(quantity).endsWith('i') };
}

export const countOf = (count: number): Amount => ({ nanos: BigInt(count) * UNIT, binary: false });

export function readAmounts(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, quantity]) => [name, readAmount(quantity)]));
}

export function formatAmount({ nanos, binary }: Amount): string {
  if (nanos % UNIT !== 0n) return canonicalQuantity(`${nanos}n`)!;
  const units = nanos / UNIT;
  return binary && units % 1024n === 0n ? canonicalQuantity(`${units / 1024n}Ki`)! : canonicalQuantity(`${units}`)!;
}

/** The format is that of the first amount which is any. */
export function addAmount(a: Amount | undefined, b: Amount): Amount {
  if (!a || a.nanos === 0n) return b;
  return { nanos: a.nanos + b.nanos, binary: a.binary };
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, amount] of b) sum.set(name, addAmount(sum.get(name), amount));
  return sum;
}

export function subtractAmounts(a: Amounts, b: Amounts): Amounts {
  const negative = [...b].map(([name, { nanos, binary }]): [string, Amount] => [name, { nanos: -nanos, binary }]);
  return addAmounts(a, new Map(negative));
}

export function largestAmounts(a: Amounts, b: Amounts): Amounts {
  const largest = new Map(a);
  for (const [name, amount] of b) if ((largest.get(name)?.nanos ?? -1n) < amount.nanos) largest.set(name, amount);
  return largest;
}

type Part = 'requests' | 'limits';

/** What a pod takes: its containers together, or one of those that run before them, whichever is more. */
export function amountsOfPod({ spec }: Pod, part: Part): Amounts {
  let running: Amounts = new Map();
  let starting: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = amountsOf(container, part);
    if (container.restartPolicy === 'Always') running = addAmounts(running, own);
    starting = largestAmounts(starting, container.restartPolicy === 'Always' ? running : addAmounts(running, own));
  }
  for (const container of spec.containers) running = addAmounts(running, amountsOf(container, part));
  const { overhead } = spec as { overhead?: ResourceList };
  const needed = largestAmounts(running, starting);
  if (!overhead) return needed;
  const added = [...readAmounts(overhead)].filter(([name]) => part === 'requests' || needed.has(name));
  return addAmounts(needed, new Map(added));
}

const amountsOf = ({ resources }: Container, part: Part): Amounts => readAmounts(resources?.[part]);
