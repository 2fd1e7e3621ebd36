import type { FieldPath, LabelSelector } from '../../meta/index.ts';
import { notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateLabelSelector } from '../rules/selector.ts';

/** Which requests a webhook or a policy is asked about. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly scope?: string;
}

export interface Selectors {
  readonly matchPolicy?: string;
  readonly namespaceSelector?: LabelSelector;
  readonly objectSelector?: LabelSelector;
}

export interface MatchResources extends Selectors {
  readonly resourceRules?: readonly Rule[];
  readonly excludeResourceRules?: readonly Rule[];
}

export const defaultRule = (rule: Rule): Rule => ({ ...rule, scope: rule.scope ?? '*' });

export function defaultSelectors<T extends Selectors>(match: T): T {
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

export function validateRule(rule: Rule, path: FieldPath): FieldProblem[] {
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

export function validateSelectors({ matchPolicy, namespaceSelector, objectSelector }: Selectors, path: FieldPath): FieldProblem[] {
  const policies = ['Equivalent', 'Exact'];
  return [
    ...(matchPolicy && !policies.includes(matchPolicy) ? [notSupported([...path, 'matchPolicy'], matchPolicy, policies)] : []),
    ...validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector']),
    ...validateLabelSelector(objectSelector, [...path, 'objectSelector']),
  ];
}
