import type { LabelSelector } from '../../meta/index.ts';
import type { PodTemplateSpec } from '../../types/index.ts';
import { forbidden, notSupported } from '../../schema/problems.ts';
import type { FieldProblem } from '../kind.ts';
import { immutable } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { isEmptySelector, validateOwnedSelector, validateTemplateLabels } from '../rules/selector.ts';

interface WorkloadSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: LabelSelector;
  readonly template?: PodTemplateSpec;
}

/** What every kind that keeps pods running must hold to: a selector that its own pods match, and pods that never end. */
export function validateWorkload(spec: WorkloadSpec, kind: string, old?: WorkloadSpec): FieldProblem[] {
  const { selector, template } = spec;
  const path = ['spec', 'template'];
  const restartPolicy = template?.spec?.restartPolicy;
  return [
    ...validateNotNegative(spec.replicas, ['spec', 'replicas']),
    ...validateNotNegative(spec.minReadySeconds, ['spec', 'minReadySeconds']),
    ...validateOwnedSelector(selector, kind.toLowerCase()),
    ...(selector && isEmptySelector(selector) ? [] : validateTemplateLabels(template?.metadata?.labels, selector)),
    ...validateTemplate(template, path),
    ...(restartPolicy && restartPolicy !== 'Always' ? [notSupported([...path, 'spec', 'restartPolicy'], restartPolicy, ['Always'])] : []),
    ...(template?.spec?.activeDeadlineSeconds === undefined
      ? []
      : [forbidden([...path, 'spec', 'activeDeadlineSeconds'], `activeDeadlineSeconds in ${kind} is not Supported`)]),
    ...(old ? immutable(selector, old.selector, ['spec', 'selector']) : []),
  ];
}
