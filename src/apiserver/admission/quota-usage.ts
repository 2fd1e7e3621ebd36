import { parseTime, resourceName, type Kind, type Manifest, type Pod, type Service } from '../../model/index.ts';
import { addAmounts, amountsOfPod, countOf, readAmounts, type Amount, type Amounts } from './amounts.ts';
import type { PersistentVolumeClaim } from './collections.ts';

/** What an object counts for, under the names by which a quota may bound it. */
export function usageOf(kind: Kind, object: Manifest, now: number): Amounts {
  if (resourceName(kind) === 'pods') return podUsage(object as unknown as Pod, now);
  const counted = new Map<string, Amount>([[`count/${resourceName(kind)}`, countOf(1)]]);
  if (kind.group === '' && PLAIN_COUNTS.has(kind.plural)) counted.set(kind.plural, countOf(1));
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
  const usage = new Map<string, Amount>([['count/pods', countOf(1)]]);
  if (isOver(pod, now)) return usage;
  usage.set('pods', countOf(1));
  for (const [name, amount] of amountsOfPod(pod, 'requests')) {
    usage.set(`requests.${name}`, amount);
    if (SHORT.has(name) || isHuge(name)) usage.set(name, amount);
  }
  for (const [name, amount] of amountsOfPod(pod, 'limits')) if (LIMITED.has(name)) usage.set(`limits.${name}`, amount);
  return usage;
}

/** A pod that has finished takes nothing any more. */
export function isOver({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true;
  const end = parseTime(metadata.deletionTimestamp);
  return end !== undefined && metadata.deletionGracePeriodSeconds !== undefined && end < now;
}

function serviceUsage({ spec }: Service): Amounts {
  const usage = new Map<string, Amount>();
  const ports = spec.ports?.length ?? 0;
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', countOf(1));
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') usage.set('services.nodeports', countOf(ports));
  return usage;
}

function claimUsage({ spec }: PersistentVolumeClaim): Amounts {
  const storage = readAmounts(spec.resources?.requests).get('storage');
  const usage = new Map<string, Amount>();
  const ofClass = spec.storageClassName ? `${spec.storageClassName}.storageclass.storage.k8s.io` : undefined;
  if (ofClass) usage.set(`${ofClass}/persistentvolumeclaims`, countOf(1));
  if (storage) usage.set('requests.storage', storage);
  if (storage && ofClass) usage.set(`${ofClass}/requests.storage`, storage);
  return usage;
}
