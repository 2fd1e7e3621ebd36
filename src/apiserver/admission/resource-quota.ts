import {
  addAmounts,
  type Amounts,
  type Container,
  covers,
  formatQuantity,
  isPodLevel,
  type Manifest,
  NO_QUANTITY,
  type Pod,
  type Quantity,
  readAmounts,
  RESOURCE_QUOTAS,
  resourceName,
  type ResourceQuota,
  subtractAmounts,
  usageOf,
} from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import type { AdmissionRequest, AdmissionStep, Surroundings } from './step.ts';

/**
 * Nothing that would take more than a quota of its namespace allows. What is used is counted from the objects themselves
 * in the turn of the write, so that two writes can never both take the last place.
 */
export const resourceQuota: AdmissionStep = {
  name: 'ResourceQuota',
  isLast: true,
  judge: (request, around) => {
    const { kind, object } = request;
    if (!kind.namespaced) return [];
    const quotas = around.all(RESOURCE_QUOTAS, object.metadata.namespace);
    for (const quota of quotas) {
      const refusal = covers(quota, kind, object) ? refusalOf(quota, request, around) : undefined;
      if (refusal) throw forbidden(kind, object.metadata.name, refusal);
    }
    return [];
  },
};

function refusalOf(quota: ResourceQuota, request: AdmissionRequest, around: Surroundings): string | undefined {
  const { kind, object, old } = request;
  const { name } = quota.metadata;
  const hard = readAmounts(quota.spec?.hard);
  const wanted = bounded(usageOf(kind, object, around.now), hard);
  if (wanted.size === 0 && resourceName(kind) !== 'pods') return undefined;
  const missing = resourceName(kind) === 'pods' && !old ? unsaid(object as unknown as Pod, hard) : [];
  if (missing.length > 0) return `failed quota: ${name}: must specify ${missing.join('; ')}`;
  const counted = old && covers(quota, kind, old) ? bounded(usageOf(kind, old, around.now), hard) : new Map<string, Quantity>();
  const more = new Map([...subtractAmounts(wanted, counted)].filter(([, { nanos }]) => nanos > 0n));
  if (more.size === 0) return undefined;
  const used = usedOf(quota, request, hard, around);
  const over = [...more.keys()].filter((resource) => (used.get(resource)?.nanos ?? 0n) + more.get(resource)!.nanos > hard.get(resource)!.nanos);
  if (over.length === 0) return undefined;
  const show = (amounts: Amounts) =>
    over.toSorted().map((resource) => `${resource}=${formatQuantity(amounts.get(resource) ?? NO_QUANTITY)}`).join(',');
  return `exceeded quota: ${name}, requested: ${show(more)}, used: ${show(used)}, limited: ${show(hard)}`;
} // prettier-ignore

function bounded(usage: Amounts, hard: Amounts): Amounts {
  return new Map([...usage].filter(([resource]) => hard.has(resource)));
}

/** What the objects of this kind take by now. No other kind shares a name with it. */
function usedOf(quota: ResourceQuota, request: AdmissionRequest, hard: Amounts, around: Surroundings): Amounts {
  const { kind, object } = request;
  return around
    .all<Manifest>(kind, object.metadata.namespace)
    .filter((other) => covers(quota, kind, other))
    .reduce<Amounts>((used, other) => addAmounts(used, bounded(usageOf(kind, other, around.now), hard)), new Map());
}

const COMPUTED = /^(?:requests\.|limits\.)?(?:cpu|memory)$/;

/** Where a quota bounds CPU or memory, each container must say what it takes, or the pod as a whole: else nothing could be counted. */
function unsaid({ spec }: Pod, hard: Amounts): readonly string[] {
  if (isPodLevel(spec)) return [];
  const bounds = [...hard.keys()].filter((resource) => COMPUTED.test(resource)).toSorted();
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return bounds.flatMap((bound) => {
    const silent = containers.filter((container) => !says(container, bound)).map(({ name }) => name);
    return silent.length > 0 ? [`${bound} for: ${silent.toSorted().join(',')}`] : [];
  });
}

function says({ resources }: Container, bound: string): boolean {
  const [part, name] = bound.includes('.') ? (bound.split('.') as ['requests' | 'limits', string]) : (['requests', bound] as const);
  return resources?.[part]?.[name] !== undefined;
}
