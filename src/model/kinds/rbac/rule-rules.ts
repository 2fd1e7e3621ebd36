import type { PolicyRule } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';

export function validateRules(rules: readonly PolicyRule[], namespaced: boolean): FieldProblem[] {
  return rules.flatMap((rule, i) => validateRule(rule, namespaced, i));
}

function validateRule(rule: PolicyRule, namespaced: boolean, i: number): FieldProblem[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs: urls = [] } = rule;
  const path = ['rules', i];
  const noVerbs = verbs.length === 0 ? [required([...path, 'verbs'], 'verbs must contain at least one value')] : [];
  if (urls.length > 0) {
    const at = [...path, 'nonResourceURLs'];
    const mixed = apiGroups.length + resources.length + resourceNames.length > 0;
    return [
      ...noVerbs,
      ...(namespaced ? [invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs')] : []),
      ...(mixed ? [invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs')] : []),
    ];
  }
  return [
    ...noVerbs,
    ...(apiGroups.length === 0 ? [required([...path, 'apiGroups'], 'resource rules must supply at least one api group')] : []),
    ...(resources.length === 0 ? [required([...path, 'resources'], 'resource rules must supply at least one resource')] : []),
  ];
}
