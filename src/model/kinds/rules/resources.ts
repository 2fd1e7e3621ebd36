import { ownMember } from '../../../base/index.ts';
import { mapKey, parseNanos, qualifiedName, type FieldPath } from '../../meta/index.ts';
import type { ResourceList, ResourceRequirements } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';

const NATIVE = /^(cpu|memory|storage|ephemeral-storage|hugepages-.+|[^/]*kubernetes\.io\/.+)$/;

export function validateResources(resources: ResourceRequirements | undefined, path: FieldPath): FieldProblem[] {
  const { limits = {}, requests = {} } = resources ?? {};
  return [
    ...validateResourceList(limits, [...path, 'limits']),
    ...validateResourceList(requests, [...path, 'requests']),
    ...Object.entries(requests).flatMap(([name, request]) => withinLimit(name, request, ownMember(limits, name), [...path, 'requests'])),
  ];
}

function withinLimit(name: string, request: string, limit: string | undefined, path: FieldPath): FieldProblem[] {
  const isNative = NATIVE.test(name);
  if (limit === undefined)
    return isNative ? [] : [required([...path.slice(0, -1), 'limits'], `Limit must be set for non overcommitable resources`)];
  const [asked, most] = [parseNanos(request) ?? 0n, parseNanos(limit) ?? 0n];
  if (!isNative && asked !== most) return [invalid(path, request, `must be equal to ${name} limit of ${limit}`)];
  return asked > most ? [invalid(path, request, `must be less than or equal to ${name} limit of ${limit}`)] : [];
}

export function validateResourceList(list: ResourceList | undefined, path: FieldPath): FieldProblem[] {
  return Object.entries(list ?? {}).flatMap(([name, amount]) => [
    ...resourceNameProblems(name).map((text) => invalid([...path, mapKey(name)], name, text)),
    ...((parseNanos(amount) ?? 0n) < 0n ? [invalid([...path, mapKey(name)], amount, 'must be greater than or equal to 0')] : []),
  ]);
}

export function resourceNameProblems(name: string): readonly string[] {
  const problems = qualifiedName(name);
  if (problems.length > 0 || name.includes('/')) return problems;
  return NATIVE.test(name) || name.startsWith('requests.') ? [] : ['must be a standard resource type or fully qualified'];
}
