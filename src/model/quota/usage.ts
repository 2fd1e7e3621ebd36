import { parseTime, quantityOf, resourceName, type KindRef, type Manifest, type Quantity } from '../meta/index.ts';
import { classNameOf } from '../storage/index.ts';
import type { PersistentVolumeClaim, Pod, Service } from '../types/index.ts';
import { addAmounts, amountsOfPod, largestAmounts, readAmounts, type Amounts } from './amounts.ts';

/** What an object counts for, under the names by which a quota may bound it. */
export function usageOf(kind: KindRef, object: Manifest, now: number): Amounts {
  if (resourceName(kind) === 'pods') return podUsage(object as unknown as Pod, now);
  const counted = new Map<string, Quantity>([[`count/${resourceName(kind)}`, quantityOf(1)]]);
  if (kind.group === '' && PLAIN_COUNTS.has(kind.plural)) counted.set(kind.plural, quantityOf(1));
  if (resourceName(kind) === 'services') return addAmounts(counted, serviceUsage(object as unknown as Service));
  if (resourceName(kind) === 'persistentvolumeclaims') return addAmounts(counted, claimUsage(object as unknown as PersistentVolumeClaim));
  return counted;
}

/** Kinds that quotas counted before `count/` was there. */
const PLAIN_COUNTS = new Set(['configmaps', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services']);

/** Resources that a quota may name without saying that requests are meant. */
const SHORT = new Set(['cpu', 'memory', 'ephemeral-storage']);
const LIMITED = new Set(['cpu', 'memory', 'ephemeral-storage']);
const isHuge = (name: string) => name.startsWith('hugepages-');

function podUsage(pod: Pod, now: number): Amounts {
  const usage = new Map<string, Quantity>([['count/pods', quantityOf(1)]]);
  if (isOver(pod, now)) return usage;
  usage.set('pods', quantityOf(1));
  for (const [name, amount] of amountsOfPod(pod, 'requests')) {
    usage.set(`requests.${name}`, amount);
    if (SHORT.has(name) || isHuge(name)) usage.set(name, amount);
  }
  for (const [name, amount] of amountsOfPod(pod, 'limits')) if (LIMITED.has(name)) usage.set(`limits.${name}`, amount);
  return usage;
}

/** A pod that has finished takes nothing any more, nor one that should be gone for as long as it was given to go. */
function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const end = parseTime(metadata.deletionTimestamp);
  const graceSeconds = metadata.deletionGracePeriodSeconds;
  return end !== undefined && graceSeconds !== undefined && end + graceSeconds * 1000 < now;
}

function serviceUsage({ spec }: Service): Amounts {
  const usage = new Map<string, Quantity>();
  const { type, ports = [], allocateLoadBalancerNodePorts: allocates = true } = spec;
  if (type === 'LoadBalancer') usage.set('services.loadbalancers', quantityOf(1));
  // A balancer may do without: then those count that are asked for.
  const counted = type === 'LoadBalancer' && !allocates ? ports.filter(({ nodePort }) => nodePort) : ports;
  if (type === 'NodePort' || type === 'LoadBalancer') usage.set('services.nodeports', quantityOf(counted.length));
  return usage;
}

/** One that did not get all of what it grew to, and asks for less since, still takes that. */
function claimUsage(claim: PersistentVolumeClaim): Amounts {
  const taken = largestAmounts(readAmounts(claim.spec.resources?.requests), readAmounts(claim.status?.allocatedResources));
  const storage = taken.get('storage');
  const usage = new Map<string, Quantity>();
  const className = classNameOf(claim);
  const ofClass = className ? `${className}.storageclass.storage.k8s.io` : undefined;
  if (ofClass) usage.set(`${ofClass}/persistentvolumeclaims`, quantityOf(1));
  if (storage) usage.set('requests.storage', storage);
  if (storage && ofClass) usage.set(`${ofClass}/requests.storage`, storage);
  return usage;
}
