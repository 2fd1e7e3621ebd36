import { resourceName, type KindRef, type Manifest } from '../meta/index.ts';
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopeRequirement } from '../types/index.ts';
import { qosClass } from './qos.ts';

type Meets = (requirement: ScopeRequirement, object: Manifest) => boolean;

/** Of other kinds nothing is in a scope. */
const SCOPED: ReadonlyMap<string, Meets> = new Map([
  ['pods', (requirement, object) => podMeets(requirement, object as unknown as Pod)],
  ['persistentvolumeclaims', (requirement, object) => claimMeets(requirement, object as unknown as PersistentVolumeClaim)],
]);

/** Whether a quota may be about objects of this kind at all. */
export function coversKind({ spec }: ResourceQuota, kind: KindRef): boolean {
  return requirementsOf(spec).length === 0 || SCOPED.has(resourceName(kind));
}

/** Whether a quota is about this object: one without scopes is about everything. */
export function covers({ spec }: ResourceQuota, kind: KindRef, object: Manifest): boolean {
  const meets = SCOPED.get(resourceName(kind));
  return requirementsOf(spec).every((requirement) => meets?.(requirement, object) ?? false);
}

function requirementsOf(spec: ResourceQuota['spec']): readonly ScopeRequirement[] {
  const scopes = (spec?.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' }));
  return [...scopes, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function podMeets({ scopeName, operator, values = [] }: ScopeRequirement, pod: Pod): boolean {
  switch (scopeName) {
    case 'Terminating':
      return pod.spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating':
      return pod.spec.activeDeadlineSeconds === undefined;
    case 'BestEffort':
      return qosClass(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod.spec) !== 'BestEffort';
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(pod);
    case 'PriorityClass':
      return meetsClass(operator, values, pod.spec.priorityClassName || undefined);
    default:
      return false;
  }
}

/** By the attributes that its volume has, is to have, or is just given. */
function claimMeets({ scopeName, operator, values = [] }: ScopeRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (scopeName !== 'VolumeAttributesClass') return false;
  const { currentVolumeAttributesClassName: current, modifyVolumeStatus } = status ?? {};
  const names = [spec.volumeAttributesClassName, current, modifyVolumeStatus?.targetVolumeAttributesClassName].filter(Boolean);
  return (names.length > 0 ? names : [undefined]).some((name) => meetsClass(operator, values, name));
}

function meetsClass(operator: ScopeRequirement['operator'], values: readonly string[], name: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return name !== undefined;
    case 'DoesNotExist':
      return name === undefined;
    case 'In':
      return name !== undefined && values.includes(name);
    case 'NotIn':
      return name === undefined || !values.includes(name);
  }
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
