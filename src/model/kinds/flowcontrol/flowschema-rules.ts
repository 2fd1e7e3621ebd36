import { equalJson } from '../../../base/index.ts';
import { dns1123Label, dns1123Subdomain, type FieldPath, type KubeObject } from '../../meta/index.ts';
import { duplicate, forbidden, invalid, invalidWhole, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { FlowPathRule, FlowResourceRule, FlowRules, FlowSchema, FlowSubject } from '../../types/index.ts';
import { bootstrapSchemas, MANDATORY } from './bootstrap.ts';

const HIGHEST_PRECEDENCE = 10_000;
const METHODS = ['ByNamespace', 'ByUser'];
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const ANY = '*';

export function validateFlowSchema({ metadata, spec = {} }: FlowSchema): FieldProblem[] {
  const { matchingPrecedence: precedence = 0, distinguisherMethod: method, priorityLevelConfiguration: level, rules = [] } = spec;
  const path = ['spec'];
  const wrong = (why: string) => [invalid([...path, 'matchingPrecedence'], precedence, why)];
  const fixed = MANDATORY.includes(metadata.name) ? bootstrapSchemas().find((each) => each.metadata.name === metadata.name) : undefined;
  return [
    ...(precedence <= 0 ? wrong('must be a positive value') : []),
    ...(precedence > HIGHEST_PRECEDENCE ? wrong(`must not be greater than ${HIGHEST_PRECEDENCE}`) : []),
    ...(precedence === 1 && metadata.name !== 'exempt' ? wrong("only the schema named 'exempt' may have matchingPrecedence 1") : []),
    ...(method && !METHODS.includes(method.type)
      ? [notSupported([...path, 'distinguisherMethod', 'type'], { Type: method.type }, METHODS)]
      : []),
    ...validateLevelName(level?.name, [...path, 'priorityLevelConfiguration', 'name']),
    ...rules.flatMap((rule, i) => validateRules(rule, [...path, 'rules', i])),
    ...(fixed && !equalJson(spec, fixed.spec) ? [invalidWhole(path, `spec of '${metadata.name}' must equal the fixed value`)] : []),
  ];
}

function validateLevelName(name: string | undefined, path: FieldPath): FieldProblem[] {
  return name ? dns1123Subdomain(name).map((why) => invalid(path, name, why)) : [required(path, 'must reference a priority level')];
}

function validateRules({ subjects = [], resourceRules = [], nonResourceRules = [] }: FlowRules, path: FieldPath): FieldProblem[] {
  return [
    ...(subjects.length === 0 ? [required([...path, 'subjects'], 'subjects must contain at least one value')] : []),
    ...subjects.flatMap((subject, i) => validateSubject(subject, [...path, 'subjects', i])),
    ...(resourceRules.length === 0 && nonResourceRules.length === 0
      ? [required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resourceRules.flatMap((rule, i) => validateResourceRule(rule, [...path, 'resourceRules', i])),
    ...nonResourceRules.flatMap((rule, i) => validatePathRule(rule, [...path, 'nonResourceRules', i])),
  ];
}

/** In the order in which Kubernetes minds them. */
const SUBJECTS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: FlowSubject, path: FieldPath): FieldProblem[] {
  const kinds = Object.keys(SUBJECTS) as (keyof typeof SUBJECTS)[];
  const own = kinds.find((kind) => kind === subject.kind);
  if (!own) return [notSupported([...path, 'kind'], subject.kind, kinds.toSorted())];
  const field = SUBJECTS[own];
  const named = subject[field];
  const others = kinds.filter((kind) => kind !== own && subject[SUBJECTS[kind]]);
  return [
    ...(named
      ? validateNamed(named, own, [...path, field])
      : [required([...path, field], `${field} is required when subject kind is '${own}'`)]),
    ...others.map((kind) => forbidden([...path, SUBJECTS[kind]], `${SUBJECTS[kind]} is forbidden when subject kind is not '${kind}'`)),
  ];
}

function validateNamed({ name, namespace }: { name?: string; namespace?: string }, kind: string, path: FieldPath): FieldProblem[] {
  if (!name) return [required([...path, 'name']), ...(kind === 'ServiceAccount' ? validateNamespace(namespace, path) : [])];
  if (kind !== 'ServiceAccount') return [];
  const problems = name === ANY ? [] : dns1123Subdomain(name).map((why) => invalid([...path, 'name'], name, why));
  return [...problems, ...validateNamespace(namespace, path)];
}

function validateNamespace(namespace: string | undefined, path: FieldPath): FieldProblem[] {
  if (!namespace) return [required([...path, 'namespace'], 'must specify namespace for service account')];
  return dns1123Label(namespace).map((why) => invalid([...path, 'namespace'], namespace, why));
}

function validateResourceRule(rule: FlowResourceRule, path: FieldPath): FieldProblem[] {
  const { verbs, apiGroups, resources, clusterScope = false, namespaces = [] } = rule;
  const where = [...path, 'namespaces'];
  const intro = "each member of this list must be '*' or a DNS-1123 label; ";
  return [
    ...validateVerbs(verbs, [...path, 'verbs']),
    ...validateAny(apiGroups, [...path, 'apiGroups'], 'resource rules must supply at least one api group', 'api groups'),
    ...validateAny(resources, [...path, 'resources'], 'resource rules must supply at least one resource', 'resources'),
    ...(namespaces.length === 0 && !clusterScope
      ? [required(where, 'resource rules that are not cluster scoped must supply at least one namespace')]
      : onlyAny(namespaces, where, 'namespaces')),
    ...(namespaces.includes(ANY)
      ? []
      : namespaces.flatMap((name, i) => dns1123Label(name).map((why) => invalid([...where, i], name, intro + why)))),
  ];
}

function validatePathRule({ verbs, nonResourceURLs: urls = [] }: FlowPathRule, path: FieldPath): FieldProblem[] {
  const where = [...path, 'nonResourceURLs'];
  return [
    ...validateVerbs(verbs, [...path, 'verbs']),
    ...validateAny(urls, where, 'nonResourceURLs must contain at least one value', 'non-resource URLs'),
    ...(urls.includes(ANY) ? [] : urls.flatMap((url, i) => validateUrl(url).map((why) => invalid([...where, i], url, why)))),
  ];
}

function validateVerbs(verbs: readonly string[] = [], path: FieldPath): FieldProblem[] {
  if (verbs.length === 0 || verbs.includes(ANY)) return validateAny(verbs, path, 'verbs must contain at least one value', 'verbs');
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(path, verbs, VERBS)];
}

function validateAny(values: readonly string[] = [], path: FieldPath, none: string, called: string): FieldProblem[] {
  return values.length === 0 ? [required(path, none)] : onlyAny(values, path, called);
}

function onlyAny(values: readonly string[], path: FieldPath, called: string): FieldProblem[] {
  return values.length > 1 && values.includes(ANY) ? [invalid(path, values, `if '*' is present, must not specify other ${called}`)] : [];
}

/** The first thing that is wrong. */
function validateUrl(url: string): readonly string[] {
  if (url === '') return ['must not be empty'];
  if (url === '/') return [];
  if (!url.startsWith('/')) return ['must start with slash'];
  if (url.includes(' ')) return ['must not contain white-space'];
  if (url.includes('//')) return ['must not contain double slash'];
  const stars = url.split(ANY).length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? ['wildcard can only do suffix matching'] : [];
}

type Conditions = KubeObject & { readonly status?: { readonly conditions?: readonly { readonly type?: string }[] } };

/** Of both kinds. */
export function validateConditionTypes({ status }: Conditions): FieldProblem[] {
  const types = status?.conditions?.map(({ type }) => type ?? '') ?? [];
  const seen = new Set<string>();
  return types.flatMap((type, i) => {
    const path = ['status', 'conditions', i, 'type'];
    const isAgain = seen.has(type);
    seen.add(type);
    return [...(isAgain ? [duplicate(path, type)] : []), ...(type ? [] : [required(path, 'must not be empty')])];
  });
}
