import type { Amounts } from '../amounts.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { Wants } from '../wants.ts';

/**
 * Whether the node has room for one more pod, and for what it asks. Asking for nothing of a resource always fits; of a node
 * that is too small even when it is empty, no pod need be taken away.
 */
export function resourcesFit(wants: Wants, node: NodeView): Verdict {
  return hasRoom(wants, node) ? FITS : shortOf(wants, node);
}

function hasRoom({ requests: { cpu, memory, others } }: Wants, { allocatable, requested, pods, allocatablePods }: NodeView): boolean {
  if (pods.size >= allocatablePods || others.size > 0) return false;
  return (cpu === 0 || cpu <= allocatable.cpu - requested.cpu) && (memory === 0 || memory <= allocatable.memory - requested.memory);
}

function shortOf({ requests }: Wants, { allocatable, requested, pods, allocatablePods }: NodeView): Verdict {
  const short: string[] = [];
  let isTooSmall = requests.cpu > allocatable.cpu || requests.memory > allocatable.memory;
  if (pods.size + 1 > allocatablePods) short.push('Too many pods');
  if (requests.cpu > 0 && requests.cpu > allocatable.cpu - requested.cpu) short.push('Insufficient cpu');
  if (requests.memory > 0 && requests.memory > allocatable.memory - requested.memory) short.push('Insufficient memory');
  for (const [resource, asked] of requests.others) {
    const capacity = allocatable.others.get(resource) ?? 0;
    if (asked > capacity) isTooSmall = true;
    if (asked > capacity - (requested.others.get(resource) ?? 0)) short.push(`Insufficient ${resource}`);
  }
  return short.length > 0 ? refusal(isTooSmall ? 'none' : 'preemption', ...short) : FITS;
}

/** How much of the node would be left, as the mean over CPU and memory. */
export function leastAllocated({ weight }: Wants, node: NodeView): number {
  const cpu = leftOver(node.weight.cpu + weight.cpu, node.allocatable.cpu);
  const memory = leftOver(node.weight.memory + weight.memory, node.allocatable.memory);
  const counted = (cpu === undefined ? 0 : 1) + (memory === undefined ? 0 : 1);
  return counted === 0 ? 0 : Math.trunc(((cpu ?? 0) + (memory ?? 0)) / counted);
}

function leftOver(used: number, capacity: number): number | undefined {
  if (capacity === 0) return undefined;
  return used > capacity ? 0 : Math.trunc(((capacity - used) * 100) / capacity);
}

/** What the pod does to how evenly CPU and memory of the node are used: 75 points where nothing changes. */
export function balancedAllocation({ requests }: Wants, { allocatable, requested }: NodeView): number {
  const before = balanceOf(requested.cpu, requested.memory, allocatable);
  const after = balanceOf(requested.cpu + requests.cpu, requested.memory + requests.memory, allocatable);
  return 50 + Math.trunc((50 + after - before) / 2);
}

/** From 50 to 100. */
function balanceOf(cpu: number, memory: number, allocatable: Amounts): number {
  if (allocatable.cpu === 0 || allocatable.memory === 0) return 100;
  const difference = Math.min(1, cpu / allocatable.cpu) - Math.min(1, memory / allocatable.memory);
  return Math.trunc((1 - Math.abs(difference) / 2) * 100);
}
