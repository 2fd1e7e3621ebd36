import { equalJson } from '../../../base/index.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../types/index.ts';
import { forbidden, invalid, type FieldProblem } from '../../schema/problems.ts';
import { validateGated, withNodesOf } from './pod-gated.ts';

const SPEC = ['spec'];
const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

/** A pod runs what it was made with: nearly nothing of its spec can change afterwards. */
export function validatePodUpdate(pod: Pod, old: Pod): FieldProblem[] {
  const { spec } = pod;
  const isGated = (old.spec.schedulingGates?.length ?? 0) > 0;
  const kept = changeless(isGated ? withNodesOf(spec, old.spec) : spec, old.spec);
  return [
    ...validateContainerCount(spec, old.spec),
    ...validateDeadline(spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds),
    ...validateTolerations(spec.tolerations ?? [], old.spec.tolerations ?? []),
    ...validateGates(spec, old.spec),
    ...(isGated ? validateGated(spec, old.spec) : []),
    ...(equalJson(kept, old.spec) ? [] : [forbidden(SPEC, MAY_CHANGE)]),
  ];
}

function validateContainerCount(spec: PodSpec, old: PodSpec): FieldProblem[] {
  return (['containers', 'initContainers'] as const)
    .filter((list) => (spec[list]?.length ?? 0) !== (old[list]?.length ?? 0))
    .map((list) => forbidden([...SPEC, list], 'pod updates may not add or remove containers'));
}

function validateDeadline(value: number | undefined, old: number | undefined): FieldProblem[] {
  const path = [...SPEC, 'activeDeadlineSeconds'];
  if (old === undefined || value === old) return [];
  if (value === undefined) return [invalid(path, null, 'must not update from a positive integer to nil value')];
  return value > old ? [invalid(path, value, 'must be less than or equal to previous value')] : [];
}

function validateTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldProblem[] {
  const kept = old.every((toleration) => tolerations.some((other) => equalJson(withoutSeconds(other), withoutSeconds(toleration))));
  return kept ? [] : [forbidden([...SPEC, 'tolerations'], 'existing toleration can not be modified except its tolerationSeconds')];
}

const withoutSeconds = (toleration: Toleration): Toleration => ({ ...toleration, tolerationSeconds: undefined });

function validateGates(spec: PodSpec, old: PodSpec): FieldProblem[] {
  const before = old.schedulingGates ?? [];
  const added = (spec.schedulingGates ?? []).filter(({ name }) => !before.some((gate) => gate.name === name));
  return added.length === 0 ? [] : [forbidden([...SPEC, 'schedulingGates'], 'only deletion is allowed, but found new scheduling gates')];
}

/** The new spec with everything that may change taken from the old one: what differs still, may not. */
function changeless(spec: PodSpec, old: PodSpec): PodSpec {
  const { activeDeadlineSeconds: _d, tolerations: _t, schedulingGates: _g, terminationGracePeriodSeconds: _p, ...rest } = spec;
  const { activeDeadlineSeconds, tolerations, schedulingGates, terminationGracePeriodSeconds } = old;
  const graceMayChange = spec.terminationGracePeriodSeconds === 1 && (terminationGracePeriodSeconds ?? 0) < 0;
  return {
    ...rest,
    containers: withImagesOf(spec.containers, old.containers),
    ...(spec.initContainers ? { initContainers: withImagesOf(spec.initContainers, old.initContainers ?? []) } : {}),
    activeDeadlineSeconds,
    tolerations,
    schedulingGates,
    terminationGracePeriodSeconds: graceMayChange ? terminationGracePeriodSeconds : spec.terminationGracePeriodSeconds,
  };
}

function withImagesOf(containers: readonly Container[] = [], old: readonly Container[]): readonly Container[] {
  return containers.map((container, i) => (container.image && old[i] ? { ...container, image: old[i].image } : container));
}
