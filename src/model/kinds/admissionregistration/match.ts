import { pathSegment, type FieldPath } from '../../meta/index.ts';
import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { MatchResources, RequestSelectors, ResourceRule } from '../../types/index.ts';
import { validateLabelSelector } from '../rules/selector.ts';

export const defaultRule = (rule: ResourceRule): ResourceRule => ({ ...rule, scope: rule.scope ?? '*' });

export function defaultSelectors<T extends RequestSelectors>(match: T): T {
  const { matchPolicy = 'Equivalent', namespaceSelector = {}, objectSelector = {} } = match;
  return { ...match, matchPolicy, namespaceSelector, objectSelector };
}

export function defaultMatch(match: MatchResources): MatchResources {
  const { resourceRules, excludeResourceRules } = match;
  return {
    ...defaultSelectors(match),
    ...(resourceRules ? { resourceRules: resourceRules.map(defaultRule) } : {}),
    ...(excludeResourceRules ? { excludeResourceRules: excludeResourceRules.map(defaultRule) } : {}),
  };
}

const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

/** Lists in which a star stands for all, and what it does not stand beside. */
const OTHERS = { operations: 'operations', apiGroups: 'API groups', apiVersions: 'API versions' } as const;

export function validateRule(rule: ResourceRule, path: FieldPath): FieldProblem[] {
  const { operations = [], apiVersions = [], resourceNames = [], scope } = rule;
  return [
    ...resourceNames.flatMap((name, i) => [
      ...pathSegment(name).map((why) => invalid([...path, 'resourceNames', i], name, why)),
      ...(resourceNames.indexOf(name) < i ? [duplicate([...path, 'resourceNames', i], name)] : []),
    ]),
    ...(['operations', 'apiGroups', 'apiVersions'] as const).flatMap((field) => validateList(rule[field] ?? [], OTHERS[field], [...path, field])),
    ...operations.flatMap((operation, i) =>
      OPERATIONS.includes(operation) ? [] : [notSupported([...path, 'operations', i], operation, OPERATIONS)],
    ),
    ...apiVersions.flatMap((version, i) => (version ? [] : [required([...path, 'apiVersions', i])])),
    ...validateResources(rule.resources ?? [], [...path, 'resources']),
    ...(scope && !SCOPES.includes(scope) ? [notSupported([...path, 'scope'], scope, SCOPES)] : []),
  ]; // prettier-ignore
}

function validateList(list: readonly string[], others: string, path: FieldPath): FieldProblem[] {
  if (list.length === 0) return [required(path)];
  return list.length > 1 && list.includes('*') ? [invalid(path, list, `if '*' is present, must not specify other ${others}`)] : [];
}

/** A resource that another one of the list means already is a mistake. */
function validateResources(resources: readonly string[], path: FieldPath): FieldProblem[] {
  const repeated = resources.flatMap((resource, i) => {
    if (resource === '') return [required([...path, i])];
    const [name, door] = resource.split('/', 2) as [string, string?];
    const wider =
      door === undefined ? [] : [`${name}/*`, `*/${door}`].filter((other) => resources.indexOf(other) < i && resources.includes(other));
    return wider.map((other) => invalid([...path, i], resource, `if '${other}' is present, must not specify ${resource}`));
  });
  const hasWhole = resources.some((resource) => resource !== '*' && !resource.includes('/'));
  return [
    ...(resources.length === 0 ? [required(path)] : []),
    ...repeated,
    ...(resources.length > 1 && resources.includes('*/*') ? [invalid(path, resources, "if '*/*' is present, must not specify other resources")] : []),
    ...(resources.includes('*') && hasWhole ? [invalid(path, resources, "if '*' is present, must not specify other resources without subresources")] : []),
  ]; // prettier-ignore
}

export function validateSelectors({ matchPolicy, namespaceSelector, objectSelector }: RequestSelectors, path: FieldPath): FieldProblem[] {
  const policies = ['Equivalent', 'Exact'];
  return [
    ...(matchPolicy && !policies.includes(matchPolicy) ? [notSupported([...path, 'matchPolicy'], matchPolicy, policies)] : []),
    ...validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector']),
    ...validateLabelSelector(objectSelector, [...path, 'objectSelector']),
  ];
}
