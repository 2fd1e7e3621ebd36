import { dns1123Label, labelValue, qualifiedName, type FieldPath } from '../../meta/index.ts';
import { forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import type { Affinity, NodeAffinity, NodeSelectorRequirement, NodeSelectorTerm, PodAffinity, PodAffinityTerm } from '../../types/index.ts';
import { subdomainProblems } from './metadata.ts';
import { validateLabelKeys, validateLabelSelector } from './selector.ts';

export function validateAffinity({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity, path: FieldPath): FieldProblem[] {
  return [
    ...(nodeAffinity ? validateNodeAffinity(nodeAffinity, [...path, 'nodeAffinity']) : []),
    ...(podAffinity ? validatePodAffinity(podAffinity, [...path, 'podAffinity']) : []),
    ...(podAntiAffinity ? validatePodAffinity(podAntiAffinity, [...path, 'podAntiAffinity']) : []),
  ];
} // prettier-ignore

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

function validateWeight(weight: number | undefined, path: FieldPath): FieldProblem[] {
  return weight !== undefined && weight >= 1 && weight <= 100
    ? []
    : [invalid([...path, 'weight'], weight ?? 0, 'must be in the range 1-100')];
}

function validateNodeAffinity(
  affinity: NodeAffinity,
  path: FieldPath,
): FieldProblem[] {
  const must = affinity[REQUIRED];
  return [
    ...(must ? validateNodeSelector(must.nodeSelectorTerms ?? [], [...path, REQUIRED, 'nodeSelectorTerms']) : []),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight, preference }, i) => [
      ...validateWeight(weight, [...path, PREFERRED, i]),
      ...validateTerm(preference ?? {}, [...path, PREFERRED, i, 'preference']),
    ]),
  ];
} // prettier-ignore

export function validateNodeSelector(terms: readonly NodeSelectorTerm[], path: FieldPath): FieldProblem[] {
  if (terms.length === 0) return [required(path, 'must have at least one node selector term')];
  return terms.flatMap((term, i) => validateTerm(term, [...path, i]));
}

function validateTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, path: FieldPath): FieldProblem[] {
  return [
    ...matchExpressions.flatMap((requirement, i) => validateRequirement(requirement, [...path, 'matchExpressions', i])),
    ...matchFields.flatMap((requirement, i) => validateField(requirement, [...path, 'matchFields', i])),
  ];
}

function validateRequirement({ key, operator, values = [] }: NodeSelectorRequirement, path: FieldPath): FieldProblem[] {
  return [
    ...validateOperator(operator, values, path),
    ...qualifiedName(key ?? '').map((why) => invalid([...path, 'key'], key ?? '', why)),
    ...values.flatMap((value, i) => labelValue(value).map((why) => invalid([...path, 'values', i], value, why))),
  ];
}

function validateOperator(operator: string | undefined, values: readonly string[], path: FieldPath): FieldProblem[] {
  const at = [...path, 'values'];
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0 ? [] : [forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    case 'Gt':
    case 'Lt':
      return values.length === 1 ? [] : [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      return [invalid([...path, 'operator'], operator ?? '', 'not a valid selector operator')];
  }
}

/** The only field that a node is selected by is its name. */
function validateField({ key, operator, values = [] }: NodeSelectorRequirement, path: FieldPath): FieldProblem[] {
  return [
    ...(operator === 'In' || operator === 'NotIn'
      ? values.length === 1
        ? []
        : [required([...path, 'values'], 'must be only one value when `operator` is \'In\' or \'NotIn\' for node field selector')]
      : [invalid([...path, 'operator'], operator ?? '', 'not a valid selector operator')]),
    ...(key === 'metadata.name'
      ? values.flatMap((value, i) => subdomainProblems(value, [...path, 'values', i]))
      : [invalid([...path, 'key'], key ?? '', 'not a valid field selector key')]),
  ];
} // prettier-ignore

function validatePodAffinity(affinity: PodAffinity, path: FieldPath): FieldProblem[] {
  return [
    ...(affinity[REQUIRED] ?? []).flatMap((term, i) => validatePodTerm(term, [...path, REQUIRED, i])),
    ...(affinity[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, i) => [
      ...validateWeight(weight, [...path, PREFERRED, i]),
      ...validatePodTerm(podAffinityTerm ?? {}, [...path, PREFERRED, i, 'podAffinityTerm']),
    ]),
  ];
}

function validatePodTerm(term: Partial<PodAffinityTerm>, path: FieldPath): FieldProblem[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  const at = [...path, 'topologyKey'];
  return [
    ...validateLabelSelector(labelSelector, [...path, 'labelSelector']),
    ...validateLabelKeys(term.matchLabelKeys, labelSelector, [...path, 'matchLabelKeys']),
    ...validateLabelKeys(term.mismatchLabelKeys, labelSelector, [...path, 'mismatchLabelKeys']),
    ...validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector']),
    ...namespaces.flatMap((name) => dns1123Label(name).map((why) => invalid([...path, 'namespace'], name, why))),
    ...(topologyKey ? qualifiedName(topologyKey).map((why) => invalid(at, topologyKey, why)) : [required(at, 'can not be empty')]),
  ];
} // prettier-ignore
