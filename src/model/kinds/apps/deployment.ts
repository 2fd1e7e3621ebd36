import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain } from '../../meta/index.ts';
import { DEPLOYMENTS, type Deployment } from '../../types/index.ts';
import { forbidden, invalid, notSupported, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, containerCells, NAME, selectorCell, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { isZeroCount, validateAtMostAll, validateCountOrPercent, validateNotNegative } from '../rules/numbers.ts';
import { validateWorkload } from './workload.ts';
import { validateAvailable, validateCollisions, validateCounts, validateShares } from '../rules/status.ts';
import { workloadWarnings } from '../rules/warnings.ts';

type Spec = Deployment['spec'];

const COUNTS = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'terminatingReplicas', 'collisionCount'] as const; // prettier-ignore

export const DEPLOYMENT = declareKind<Deployment>({
  ref: DEPLOYMENTS,
  schema: { definition: 'apps.v1.Deployment' },
  name: dns1123Subdomain,
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  statusKeeps: ['labels'],
  scale: { replicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['spec', 'selector'] },
  defaults: (deployment) => ({ ...deployment, spec: defaultSpec(deployment.spec ?? {}) }),
  initialStatus: () => ({}),
  validate: ({ spec }, old) => [
    ...validateWorkload(spec, 'Deployment', old?.spec),
    ...validateStrategy(spec.strategy),
    ...validateLimits(spec),
  ],
  validateStatus: ({ status }, { status: old }) => [
    ...validateCounts(status, COUNTS),
    ...validateShares(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
    ...validateAvailable(status),
    ...validateCollisions(status, old),
  ],
  warnings: workloadWarnings,
  raisesGeneration: (deployment, old) =>
    specChanged(deployment, old) || !equalJson(deployment.metadata.annotations, old.metadata.annotations),
  columns: [NAME, ...['Ready', 'Up-to-date', 'Available'].map(textColumn), AGE, ...['Containers', 'Images', 'Selector'].map(wideColumn)],
  row: (deployment, clock) => {
    const { spec, status = {} } = deployment;
    const counts = [`${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`, status.updatedReplicas ?? 0, status.availableReplicas ?? 0];
    return [
      deployment.metadata.name,
      ...counts,
      ageOf(deployment, clock),
      ...containerCells(spec.template.spec.containers),
      selectorCell(spec.selector),
    ];
  },
});

function defaultSpec(spec: Spec): Spec {
  const type = spec.strategy?.type ?? 'RollingUpdate';
  const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy?.rollingUpdate };
  return {
    ...spec,
    replicas: spec.replicas ?? 1,
    template: defaultTemplate(spec.template),
    strategy: type === 'RollingUpdate' ? { ...spec.strategy, type, rollingUpdate } : { ...spec.strategy, type },
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
  };
}

function validateStrategy(strategy: Spec['strategy']): FieldProblem[] {
  const path = ['spec', 'strategy'];
  const { type, rollingUpdate } = strategy ?? {};
  if (type === 'Recreate') {
    return rollingUpdate ? [forbidden([...path, 'rollingUpdate'], "may not be specified when strategy `type` is 'Recreate'")] : [];
  }
  if (type !== 'RollingUpdate') return [notSupported([...path, 'type'], type ?? '', ['Recreate', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  const at = [...path, 'rollingUpdate', 'maxUnavailable'];
  return [
    ...validateCountOrPercent(maxUnavailable, at),
    ...validateCountOrPercent(maxSurge, [...path, 'rollingUpdate', 'maxSurge']),
    ...(isZeroCount(maxUnavailable) && isZeroCount(maxSurge) ? [invalid(at, maxUnavailable, 'may not be 0 when `maxSurge` is 0')] : []),
    ...validateAtMostAll(maxUnavailable, at),
  ];
}

function validateLimits({ revisionHistoryLimit, progressDeadlineSeconds: deadline, minReadySeconds = 0 }: Spec): FieldProblem[] {
  const path = ['spec', 'progressDeadlineSeconds'];
  return [
    ...validateNotNegative(revisionHistoryLimit, ['spec', 'revisionHistoryLimit']),
    ...validateNotNegative(deadline, path),
    ...(deadline !== undefined && deadline <= minReadySeconds ? [invalid(path, deadline, 'must be greater than minReadySeconds')] : []),
  ];
}
