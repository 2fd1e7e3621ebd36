import type { PolicyRule } from '../../model/index.ts';
import { matchesPath } from './rules.ts';

/** What of these rules goes beyond what the owner holds, in pieces of one verb, one resource and one name. */
export function uncovered(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(pieces).filter((piece) => !owned.some((rule) => covers(rule, piece)));
}

/** Into how many pieces rules fall: a few lists of a thousand names make billions. */
export function countPieces(rules: readonly PolicyRule[]): number {
  return rules
    .map(({ verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }) => {
      return verbs.length * (apiGroups.length * resources.length * Math.max(1, resourceNames.length) + nonResourceURLs.length);
    })
    .reduce((sum, count) => sum + count, 0);
}

/** A rule names many things at once, and different rules of the owner may cover them. One without verbs has yet to be refused. */
function pieces({
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): readonly PolicyRule[] {
  const ofResources = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb): PolicyRule[] => {
        const piece = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return resourceNames.length === 0 ? [piece] : resourceNames.map((name) => ({ ...piece, resourceNames: [name] }));
      }),
    ),
  );
  const ofPaths = nonResourceURLs.flatMap((path) => verbs.map((verb): PolicyRule => ({ verbs: [verb], nonResourceURLs: [path] })));
  return [...ofResources, ...ofPaths];
}

function covers(owned: PolicyRule, piece: PolicyRule): boolean {
  return (
    holds(owned.verbs, piece.verbs) &&
    holds(owned.apiGroups, piece.apiGroups) &&
    (piece.resources ?? []).every((resource) => coversResource(owned.resources ?? [], resource)) &&
    (piece.nonResourceURLs ?? []).every((path) => (owned.nonResourceURLs ?? []).some((pattern) => matchesPath(pattern, path))) &&
    coversNames(owned.resourceNames ?? [], piece.resourceNames ?? [])
  );
}

function holds(owned: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return owned.includes('*') || wanted.every((name) => owned.includes(name));
}

function coversResource(owned: readonly string[], resource: string): boolean {
  if (owned.includes('*') || owned.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && owned.includes(`*${resource.slice(slash)}`);
}

/** Who may touch some by name may not hand on all. */
function coversNames(owned: readonly string[], wanted: readonly string[]): boolean {
  if (owned.length === 0) return true;
  return wanted.length > 0 && wanted.every((name) => owned.includes(name));
}

/** Rules as refusals tell of them, one a line: those for resources that differ in their verbs only are drawn together. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const together = Map.groupBy(rules, ({ nonResourceURLs, ...rule }) =>
    JSON.stringify(nonResourceURLs ? { nonResourceURLs, ...rule } : { ...rule, verbs: [] }),
  );
  const merged = [...together.values()].map((same) => ({ ...same[0]!, verbs: [...new Set(same.flatMap(({ verbs }) => verbs))] }));
  return merged.map(describeRule).toSorted().join('\n');
}

const PARTS: readonly [string, keyof PolicyRule][] = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
];

function describeRule(rule: PolicyRule): string {
  const parts = PARTS.filter(([, field]) => rule[field]?.length).map(([title, field]) => `${title}:${quoted(rule[field]!)}`);
  return `{${parts.join(', ')}}`;
}

/** `["a" "b"]` */
export const quoted = (names: readonly string[]) => `[${names.map((name) => JSON.stringify(name)).join(' ')}]`;
