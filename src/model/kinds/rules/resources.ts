import { ownMember } from '../../../base/index.ts';
import { mapKey, parseNanos, qualifiedName, type FieldPath } from '../../meta/index.ts';
import type { ResourceList, ResourceRequirements } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';

type NameRule = (name: string, path: FieldPath) => readonly FieldProblem[];

/** Of a container. */
export function validateResources(resources: ResourceRequirements | undefined, path: FieldPath): FieldProblem[] {
  return validateRequirements(resources ?? {}, ofContainers, path);
}

/** What is asked for lies within its limit, and what cannot be shared is asked for in whole. */
export function validateRequirements(
  { limits = {}, requests = {} }: ResourceRequirements,
  mayBe: NameRule,
  path: FieldPath,
): FieldProblem[] {
  const names = Object.keys({ ...limits, ...requests });
  const hasOnlyPages = names.some(isHugePages) && !names.some((name) => name === 'cpu' || name === 'memory');
  return [
    ...validateAmounts(limits, mayBe, [...path, 'limits']),
    ...validateAmounts(requests, mayBe, [...path, 'requests']),
    ...Object.entries(requests).flatMap(([name, request]) => withinLimit(name, request, ownMember(limits, name), [...path, 'requests'])),
    ...(hasOnlyPages ? [forbidden(path, 'HugePages require cpu or memory')] : []),
  ];
}

function withinLimit(name: string, request: string, limit: string | undefined, path: FieldPath): FieldProblem[] {
  const isShared = mayExceed(name);
  if (limit === undefined)
    return isShared ? [] : [required([...path.slice(0, -1), 'limits'], `Limit must be set for non overcommitable resources`)];
  const [asked, most] = [parseNanos(request) ?? 0n, parseNanos(limit) ?? 0n];
  if (!isShared && asked !== most) return [invalid(path, request, `must be equal to ${name} limit of ${limit}`)];
  return asked > most ? [invalid(path, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

/** More of it may be promised than there is. */
export function mayExceed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

export function validateResourceList(list: ResourceList | undefined, path: FieldPath): FieldProblem[] {
  return validateAmounts(list, ofContainers, path);
}

function validateAmounts(list: ResourceList | undefined, mayBe: NameRule, path: FieldPath): FieldProblem[] {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => {
    const at = [...path, mapKey(name)];
    return [...mayBe(name, at), ...validateAmount(name, amount, at)];
  });
}

const ONE = 1_000_000_000n;

function validateAmount(name: string, amount: string, path: FieldPath): FieldProblem[] {
  const nanos = parseNanos(amount) ?? 0n;
  const isTorn = isHugePages(name) && !isWholePages(name, nanos);
  return [
    ...(nanos < 0n ? [invalid(path, amount, 'must be greater than or equal to 0')] : []),
    ...(!isNative(name) && nanos % ONE !== 0n ? [invalid(path, amount, 'must be an integer')] : []),
    ...(isTorn ? [invalid(path, amount, `${amount} is not positive integer multiple of ${name}`)] : []),
  ];
}

const PAGES = 'hugepages-';

const isHugePages = (name: string) => name.startsWith(PAGES);

const isNative = (name: string) => !name.includes('/') || name.includes('kubernetes.io/');

function isWholePages(name: string, nanos: bigint): boolean {
  const page = parseNanos(name.slice(PAGES.length)) ?? 0n;
  return page > 0n && nanos % page === 0n;
}

const OF_CONTAINERS = /^(cpu|memory|ephemeral-storage|hugepages-.*)$/;
const OF_PODS = /^(cpu|memory|hugepages-.*)$/;
const COUNTED = 'pods|resourcequotas|services|replicationcontrollers|secrets|configmaps|persistentvolumeclaims';
const STANDARD = new RegExp(`^(${COUNTED}|storage|cpu|memory|ephemeral-storage|hugepages-.*|(requests|limits|services)\\..*)$`);

const ofAnything: NameRule = (name, path) => resourceNameProblems(name).map((text) => invalid(path, name, text));

const ofContainers: NameRule = (name, path) => containerResourceProblems(name).map((text) => invalid(path, name, text));

/** What a pod can have as a whole. */
export const ofPods: NameRule = (name, path) => {
  const problems = ofAnything(name, path);
  return problems.length > 0 || OF_PODS.test(name) ? problems : [notSupported(path, name, ['cpu', PAGES, 'memory'])];
};

export function resourceNameProblems(name: string): readonly string[] {
  const problems = qualifiedName(name);
  if (problems.length > 0 || name.includes('/')) return problems;
  return STANDARD.test(name) ? [] : ['must be a standard resource type or fully qualified'];
}

export function containerResourceProblems(name: string): readonly string[] {
  const isFit = name.includes('/') || OF_CONTAINERS.test(name);
  return [...resourceNameProblems(name), ...(isFit ? [] : ['must be a standard resource for containers'])];
}
