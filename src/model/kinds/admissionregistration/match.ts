import type { FieldPath } from '../../meta/index.ts';
import { notSupported, required, type FieldProblem } from '../../schema/problems.ts';
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

export function validateRule(rule: ResourceRule, path: FieldPath): FieldProblem[] {
  const { operations = [], scope } = rule;
  return [
    ...(['operations', 'apiGroups', 'apiVersions', 'resources'] as const)
      .filter((field) => !rule[field]?.length)
      .map((field) => required([...path, field])),
    ...operations.flatMap((operation, i) =>
      OPERATIONS.includes(operation) ? [] : [notSupported([...path, 'operations', i], operation, OPERATIONS)],
    ),
    ...(scope && !SCOPES.includes(scope) ? [notSupported([...path, 'scope'], scope, SCOPES)] : []),
  ];
}

export function validateSelectors({ matchPolicy, namespaceSelector, objectSelector }: RequestSelectors, path: FieldPath): FieldProblem[] {
  const policies = ['Equivalent', 'Exact'];
  return [
    ...(matchPolicy && !policies.includes(matchPolicy) ? [notSupported([...path, 'matchPolicy'], matchPolicy, policies)] : []),
    ...validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector']),
    ...validateLabelSelector(objectSelector, [...path, 'objectSelector']),
  ];
}
