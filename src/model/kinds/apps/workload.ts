import type { LabelSelector } from '../../meta/index.ts';
import type { PodTemplateSpec, ReplicaSetStatus } from '../../types/index.ts';
import { forbidden, notSupported, type FieldProblem } from '../../schema/problems.ts';
import { immutable } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { isEmptySelector, validateOwnedSelector, validateTemplateLabels } from '../rules/selector.ts';
import { validateAvailable, validateCounts, validateShares } from '../rules/status.ts';

interface WorkloadSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** What every kind that keeps pods running must hold to: a selector that its own pods match, and pods that never end. */
export function validateWorkload(spec: WorkloadSpec, kind: string, old?: WorkloadSpec): FieldProblem[] {
  const { selector, template } = spec;
  return [
    ...validateNotNegative(spec.replicas, ['spec', 'replicas']),
    ...validateNotNegative(spec.minReadySeconds, ['spec', 'minReadySeconds']),
    ...validateSelection(spec, kind),
    ...validateTemplate(template, ['spec', 'template']),
    ...validateLasting(template, kind),
    ...(old ? immutable(selector, old.selector, ['spec', 'selector']) : []),
  ];
}

export function validateSelection({ selector, template }: WorkloadSpec, kind: string): FieldProblem[] {
  return [
    ...validateOwnedSelector(selector, kind.toLowerCase()),
    ...(selector && isEmptySelector(selector) ? [] : validateTemplateLabels(template?.metadata?.labels, selector)),
  ];
}

/** Its pods are started again whenever they end. */
export function validateLasting(template: PodTemplateSpec | undefined, kind: string): FieldProblem[] {
  const path = ['spec', 'template', 'spec'];
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {};
  return [
    ...(restartPolicy && restartPolicy !== 'Always' ? [notSupported([...path, 'restartPolicy'], restartPolicy, ['Always'])] : []),
    ...(activeDeadlineSeconds === undefined
      ? []
      : [forbidden([...path, 'activeDeadlineSeconds'], `activeDeadlineSeconds in ${kind} is not Supported`)]),
  ];
}

const REPLICAS = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration', 'terminatingReplicas'] as const; // prettier-ignore

/** What a replica set or a replication controller says of its pods. */
export function validateReplicaStatus(status: ReplicaSetStatus | undefined): FieldProblem[] {
  return [
    ...validateCounts(status, REPLICAS),
    ...validateShares(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
    ...validateAvailable(status),
  ];
}
