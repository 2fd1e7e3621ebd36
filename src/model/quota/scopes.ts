import type { Container, Pod, ResourceQuota, ScopeRequirement } from '../types/index.ts';

/** Whether a quota is about this pod. One without scopes is about everything, one with them about pods alone. */
export function coversPod({ spec }: ResourceQuota, pod: Pod): boolean {
  return requirementsOf(spec).every((requirement) => meets(requirement, pod));
}

export function hasScopes({ spec }: ResourceQuota): boolean {
  return requirementsOf(spec).length > 0;
}

function requirementsOf(spec: ResourceQuota['spec']): readonly ScopeRequirement[] {
  const scopes = (spec?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' }));
  return [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function meets({ scopeName, operator, values = [] }: ScopeRequirement, pod: Pod): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return isBestEffort(pod);
    case 'NotBestEffort':
      return !isBestEffort(pod);
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod);
    case 'PriorityClass':
      return meetsClass(operator, values, pod.spec.priorityClassName);
    default:
      return false;
  }
}

function meetsClass(operator: ScopeRequirement['operator'], values: readonly string[], name: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return Boolean(name);
    case 'DoesNotExist':
      return !name;
    case 'In':
      return name !== undefined && values.includes(name);
    case 'NotIn':
      return name === undefined || !values.includes(name);
  }
}

function isBestEffort({ spec }: Pod): boolean {
  const takes = ({ resources }: Container) =>
    ['cpu', 'memory'].some((name) => resources?.requests?.[name] !== undefined || resources?.limits?.[name] !== undefined);
  return ![...spec.containers, ...(spec.initContainers ?? [])].some(takes);
}

function reachesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity]
    .flatMap((affinity) => [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ])
    .some(({ namespaces, namespaceSelector }) => (namespaces?.length ?? 0) > 0 || namespaceSelector !== undefined);
}
