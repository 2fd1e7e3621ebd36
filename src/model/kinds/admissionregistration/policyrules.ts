import { pathSegment, printSelector, type FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, notSupported, required, tooMany, type FieldProblem } from '../../schema/problems.ts';
import type { BindingSpec, MatchResources, ParameterReference, PolicySpec } from '../../types/index.ts';
import { UNSET } from '../columns/columns.ts';
import { subdomainProblems } from '../rules/metadata.ts';
import { validateLabelSelector } from '../rules/selector.ts';
import { defaultMatch, validateRule, validateSelectors } from './match.ts';

const PATH: FieldPath = ['spec'];
const FAILURE_POLICIES = ['Fail', 'Ignore'];
const ABSENCE_ACTIONS = ['Deny', 'Allow'];
const MOST_CONDITIONS = 64;

/** What policies of both kinds begin with. */
export function defaultPolicy<T extends PolicySpec>(spec: T): T {
  const { matchConstraints: match, failurePolicy = 'Fail' } = spec;
  return { ...spec, ...(match ? { matchConstraints: defaultMatch(match) } : {}), failurePolicy };
}

export function defaultBinding<T extends BindingSpec>(spec: T): T {
  return { ...spec, ...(spec.matchResources ? { matchResources: defaultMatch(spec.matchResources) } : {}) };
}

/** Of all policies; which operations one may be about hangs on its kind. */
export function validatePolicy(spec: PolicySpec, operations?: readonly string[]): FieldProblem[] {
  const { paramKind, matchConstraints: match, matchConditions = [], failurePolicy: failure } = spec;
  const at = [...PATH, 'matchConstraints'];
  return [
    ...(failure && !FAILURE_POLICIES.includes(failure) ? [notSupported([...PATH, 'failurePolicy'], failure, FAILURE_POLICIES)] : []),
    ...(paramKind
      ? (['apiVersion', 'kind'] as const).filter((field) => !paramKind[field]).map((field) => required([...PATH, 'paramKind', field]))
      : []),
    ...(match ? validateMatch(match, at, operations) : [required(at)]),
    ...(match && !match.resourceRules?.length ? [required([...at, 'resourceRules'])] : []),
    ...(matchConditions.length > MOST_CONDITIONS ? [tooMany([...PATH, 'matchConditions'], matchConditions.length, MOST_CONDITIONS)] : []),
  ];
}

export function validateBinding(spec: BindingSpec, operations?: readonly string[]): FieldProblem[] {
  const { policyName, paramRef, matchResources: match } = spec;
  return [
    ...(policyName ? subdomainProblems(policyName, [...PATH, 'policyName']) : [required([...PATH, 'policyName'])]),
    ...(paramRef ? validateParameters(paramRef, [...PATH, 'paramRef']) : []),
    ...(match ? validateMatch(match, [...PATH, 'matchResources'], operations) : []),
  ];
}

function validateMatch(match: MatchResources, path: FieldPath, operations: readonly string[] | undefined): FieldProblem[] {
  const odd = (match.resourceRules ?? []).flatMap((rule) =>
    (rule.operations ?? []).filter((one) => operations && !operations.includes(one)),
  );
  return [
    ...validateSelectors(match, path),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((field) =>
      (match[field] ?? []).flatMap((rule, i) => validateRule(rule, [...path, field, i])),
    ),
    ...odd.map((operation) => notSupported([...path, 'resourceRules', 'operations'], operation, operations!)),
  ];
}

function validateParameters(reference: ParameterReference, path: FieldPath): FieldProblem[] {
  const { name, selector, parameterNotFoundAction: action } = reference;
  const exclusive = name && selector ? (['name', 'selector'] as const) : [];
  return [
    ...(name ? pathSegment(name).map((why) => invalid([...path, 'name'], name, why)) : []),
    ...validateLabelSelector(selector, [...path, 'selector']),
    ...exclusive.map((field) => forbidden([...path, field], 'name and selector are mutually exclusive')),
    ...(!name && !selector ? [required(path, 'one of name or selector must be specified')] : []),
    ...(action ? [] : [required([...path, 'parameterNotFoundAction'])]),
    ...(action && !ABSENCE_ACTIONS.includes(action) ? [notSupported([...path, 'parameterNotFoundAction'], action, ABSENCE_ACTIONS)] : []),
  ];
}

export const parameterKindCell = ({ paramKind }: PolicySpec = {}): string =>
  paramKind ? `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}` : UNSET;

/** A namespace that is not named may be any, or none. */
export function parametersCell({ paramRef }: BindingSpec = {}): string {
  const { name, namespace, selector } = paramRef ?? {};
  if (name) return `${namespace || '*'}/${name}`;
  return selector ? printSelector(selector) : UNSET;
}
