import { oncePerObject } from '../../base/index.ts';
import { parseNanos } from '../meta/index.ts';
import type { Container, PodSpec, PodStatus } from '../types/index.ts';

type QosClass = NonNullable<PodStatus['qosClass']>;

const COUNTED = ['cpu', 'memory'] as const;

/** Which pods a node gives up first: those that asked for nothing, then those that asked for less than they may take. */
export function qosClass({ containers = [], initContainers = [], resources }: Partial<PodSpec>): QosClass {
  if (resources?.requests || resources?.limits) return qosOf([{ resources }]);
  return initContainers.length > 0 ? qosOf([...containers, ...initContainers]) : qosOfContainers(containers);
}

/** The pods of one template share the list. */
const qosOfContainers = oncePerObject(qosOf);

function qosOf(containers: readonly Pick<Container, 'resources'>[]): QosClass {
  if (containers.every(asksNothing)) return 'BestEffort';
  return containers.every(isGuaranteed) ? 'Guaranteed' : 'Burstable';
}

const isSet = (amount: string | undefined) => amount !== undefined && parseNanos(amount) !== 0n;

function asksNothing({ resources }: Pick<Container, 'resources'>): boolean {
  return COUNTED.every((name) => !isSet(resources?.requests?.[name]) && !isSet(resources?.limits?.[name]));
}

function isGuaranteed({ resources }: Pick<Container, 'resources'>): boolean {
  return COUNTED.every((name) => {
    const limit = resources?.limits?.[name];
    return limit !== undefined && isSet(limit) && parseNanos(resources?.requests?.[name] ?? limit) === parseNanos(limit);
  });
}
