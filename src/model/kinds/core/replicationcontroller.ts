import { dns1123Subdomain, matches, selectorFromLabels } from '../../meta/index.ts';
import { REPLICATION_CONTROLLERS, type ReplicationController } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, containerCells, countColumn, labelsCell, NAME, wideColumn } from '../columns/columns.ts';
import { validateLasting, validateReplicaStatus } from '../apps/workload.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { workloadWarnings } from '../rules/warnings.ts';

export const REPLICATION_CONTROLLER = declareKind<ReplicationController>({
  ref: REPLICATION_CONTROLLERS,
  schema: { definition: 'core.v1.ReplicationController' },
  name: dns1123Subdomain,
  shortNames: ['rc'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: { replicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['spec', 'selector'] },
  leavesDependents: {},
  defaults: withDefaults,
  initialStatus: () => ({ replicas: 0 }),
  validate: ({ spec }) => validateSpec(spec),
  validateStatus: ({ status }) => validateReplicaStatus(status),
  warnings: workloadWarnings,
  raisesGeneration: specChanged,
  columns: [NAME, ...['Desired', 'Current', 'Ready'].map(countColumn), AGE, ...['Containers', 'Images', 'Selector'].map(wideColumn)],
  row: (controller, clock) => {
    const { spec, status = {} } = controller;
    const counts = [spec.replicas ?? 0, status.replicas ?? 0, status.readyReplicas ?? 0];
    const shown = containerCells(spec.template?.spec.containers ?? []);
    return [controller.metadata.name, ...counts, ageOf(controller, clock), ...shown, labelsCell(spec.selector)];
  },
});

/** The labels of its pods are its own, and what it selects, where it names none. */
function withDefaults(controller: ReplicationController): ReplicationController {
  const { metadata, spec = {} } = controller;
  const labels = spec.template?.metadata?.labels;
  const needs = (map: object | undefined) => labels !== undefined && Object.keys(map ?? {}).length === 0;
  return {
    ...controller,
    metadata: needs(metadata.labels) ? { ...metadata, labels } : metadata,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      ...(needs(spec.selector) ? { selector: labels } : {}),
      ...(spec.template ? { template: defaultTemplate(spec.template) } : {}),
    },
  };
}

function validateSpec({ replicas, minReadySeconds, selector = {}, template }: ReplicationController['spec']): FieldProblem[] {
  const path = ['spec', 'template'];
  const isEmpty = Object.keys(selector).length === 0;
  const labels = template?.metadata?.labels;
  return [
    ...validateNotNegative(minReadySeconds, ['spec', 'minReadySeconds']),
    ...(isEmpty ? [required(['spec', 'selector'])] : []),
    ...validateNotNegative(replicas, ['spec', 'replicas']),
    ...(template ? [] : [required(path)]),
    ...(template && !isEmpty && !matches(selectorFromLabels(selector), labels)
      ? [invalid([...path, 'metadata', 'labels'], labels ?? null, '`selector` does not match template `labels`')]
      : []),
    ...(template ? [...validateTemplate(template, path), ...validateLasting(template, 'ReplicationController')] : []),
  ];
}
