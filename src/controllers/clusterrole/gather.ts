import { equalJson } from '../../base/index.ts';
import { matches, selectorFrom, type ClusterRole, type PolicyRule } from '../../model/index.ts';

/** The rules of all cluster roles that a role's selectors choose, each rule once, in the order of the roles' names. */
export function gatherRules(role: ClusterRole, all: readonly ClusterRole[]): readonly PolicyRule[] {
  const others = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const wanted of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorFrom(wanted) ?? [];
    for (const rule of others.filter(({ metadata }) => matches(selector, metadata.labels)).flatMap((source) => source.rules ?? [])) {
      if (!rules.some((known) => equalJson(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
