import type { PolicyRule } from '../../model/index.ts';
import type { Attributes } from '../auth/index.ts';

const ALL = '*';
const NONE: readonly string[] = [];

/** Whether one rule of a role allows what is asked for. */
export function allows(rule: PolicyRule, wanted: Attributes): boolean {
  if (!names(rule.verbs, wanted.verb)) return false;
  if ('path' in wanted) return (rule.nonResourceURLs ?? NONE).some((pattern) => matchesPath(pattern, wanted.path));
  const { group, resource, subresource, name = '' } = wanted;
  if (!names(rule.apiGroups, group) || !namesResource(rule.resources ?? NONE, resource, subresource)) return false;
  const { resourceNames = NONE } = rule;
  return resourceNames.length === 0 || resourceNames.includes(name);
}

function names(listed: readonly string[] = NONE, wanted: string): boolean {
  return listed.includes(wanted) || listed.includes(ALL);
}

/** `pods` does not hold `pods/log`: a subresource is named, or reached by a star alone or a star before its name. */
function namesResource(listed: readonly string[], resource: string, subresource: string | undefined): boolean {
  if (!subresource) return names(listed, resource);
  return names(listed, `${resource}/${subresource}`) || listed.includes(`${ALL}/${subresource}`);
}

/** A star at the end stands for whatever follows, slashes too. */
export function matchesPath(pattern: string, path: string): boolean {
  return pattern === path || (pattern.endsWith(ALL) && path.startsWith(pattern.slice(0, -1)));
}
