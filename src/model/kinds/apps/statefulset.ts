import { equalJson } from '../../../base/index.ts';
import { dns1123Label } from '../../meta/index.ts';
import { STATEFUL_SETS, type StatefulSet } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, containerCells, NAME, textColumn, wideColumn } from '../columns/columns.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultClaimTemplate } from '../defaulting/claim.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { isZeroCount, validateAtMostAll, validateCountOrPercent, validateNotNegative } from '../rules/numbers.ts';
import { validateClaimSpec } from '../rules/claim.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { validateLasting, validateSelection } from './workload.ts';
import { validateAvailable, validateCollisions, validateCounts, validateShares } from '../rules/status.ts';
import { templateWarnings } from '../rules/warnings.ts';

type Spec = StatefulSet['spec'];

const COUNTS = ['replicas', 'readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas', 'observedGeneration', 'collisionCount'] as const; // prettier-ignore

const MAY_CHANGE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

export const STATEFUL_SET = declareKind<StatefulSet>({
  ref: STATEFUL_SETS,
  schema: { definition: 'apps.v1.StatefulSet' },
  name: dns1123Label,
  shortNames: ['sts'],
  categories: ['all'],
  subresources: ['status', 'scale'],
  scale: { replicas: ['spec', 'replicas'], statusReplicas: ['status', 'replicas'], selector: ['spec', 'selector'] },
  defaults: (set) => ({ ...set, spec: defaultSpec(set.spec ?? {}) }),
  initialStatus: () => ({ replicas: 0, availableReplicas: 0 }),
  prepareCreate: withoutMaxUnavailable,
  prepareUpdate: (set, old) => (old.spec.updateStrategy?.rollingUpdate?.maxUnavailable === undefined ? withoutMaxUnavailable(set) : set),
  validate: ({ spec }, old) => [
    ...validateSpec(spec),
    ...(equalJson(spec.template, old?.spec.template) ? [] : validateTemplateWithClaims(spec)),
    ...(old ? validateUnchanged(spec, old.spec) : validateNew(spec)),
  ],
  validateStatus: ({ status }, { status: old }) => [
    ...validateCounts(status, COUNTS),
    ...validateShares(status, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
    ...validateAvailable(status, 'status.readyReplicas'),
    ...validateCollisions(status, old),
  ],
  warnings: templateWarnings,
  raisesGeneration: specChanged,
  columns: [NAME, textColumn('Ready'), AGE, ...['Containers', 'Images'].map(wideColumn)],
  row: (set, clock) => {
    const { spec, status = {} } = set;
    const ready = `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`;
    return [set.metadata.name, ready, ageOf(set, clock), ...containerCells(spec.template.spec.containers)];
  },
});

function defaultSpec(spec: Spec): Spec {
  const type = spec.updateStrategy?.type ?? 'RollingUpdate';
  return {
    ...spec,
    replicas: spec.replicas ?? 1,
    template: defaultTemplate(spec.template),
    ...(spec.volumeClaimTemplates ? { volumeClaimTemplates: spec.volumeClaimTemplates.map(defaultClaimTemplate) } : {}),
    podManagementPolicy: spec.podManagementPolicy ?? 'OrderedReady',
    updateStrategy: {
      ...spec.updateStrategy,
      type,
      ...(type === 'RollingUpdate' ? { rollingUpdate: { partition: 0, ...spec.updateStrategy?.rollingUpdate } } : {}),
    },
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain', ...spec.persistentVolumeClaimRetentionPolicy },
  };
}

/** Behind a gate that Kubernetes leaves closed (MaxUnavailableStatefulSet): only a set that has it already keeps it. */
function withoutMaxUnavailable(set: StatefulSet): StatefulSet {
  const { updateStrategy } = set.spec;
  if (updateStrategy?.rollingUpdate?.maxUnavailable === undefined) return set;
  const { maxUnavailable: _, ...rollingUpdate } = updateStrategy.rollingUpdate;
  return { ...set, spec: { ...set.spec, updateStrategy: { ...updateStrategy, rollingUpdate } } };
}

function validateSpec(spec: Spec): FieldProblem[] {
  return [
    ...validatePolicies(spec),
    ...validateNotNegative(spec.replicas, ['spec', 'replicas']),
    ...validateNotNegative(spec.minReadySeconds, ['spec', 'minReadySeconds']),
    ...validateNotNegative(spec.ordinals?.start, ['spec', 'ordinals', 'start']),
    ...validateNotNegative(spec.revisionHistoryLimit, ['spec', 'revisionHistoryLimit']),
    ...validateSelection(spec, 'StatefulSet'),
    ...validateLasting(spec.template, 'StatefulSet'),
  ];
}

/** Its pods find the claims that are made for them among their volumes. */
function validateTemplateWithClaims({ template, volumeClaimTemplates: claims = [] }: Spec): FieldProblem[] {
  const names = claims.map(({ metadata }) => metadata.name ?? '');
  const volumes = [
    ...(template?.spec?.volumes ?? []).filter(({ name }) => !names.includes(name)),
    ...names.map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
  ];
  return validateTemplate({ ...template, spec: { ...template?.spec, volumes } }, ['spec', 'template']);
}

/** What never changes is judged once. */
function validateNew({ serviceName, volumeClaimTemplates = [] }: Spec): FieldProblem[] {
  return [
    ...(serviceName ? dns1123Label(serviceName).map((why) => invalid(['spec', 'serviceName'], serviceName, why)) : []),
    ...volumeClaimTemplates.flatMap(({ spec }, i) => validateClaimSpec(spec, ['spec', 'volumeClaimTemplates', i, 'spec'])),
  ];
}

function validatePolicies({
  podManagementPolicy: order,
  persistentVolumeClaimRetentionPolicy: claims = {},
  ...spec
}: Spec): FieldProblem[] {
  const path = ['spec', 'podManagementPolicy'];
  const fates = Object.entries(claims).filter(([, fate]) => fate !== 'Retain' && fate !== 'Delete');
  return [
    ...(!order ? [required(path)] : []),
    ...(order && order !== 'OrderedReady' && order !== 'Parallel' ? [invalid(path, order, "must be 'OrderedReady' or 'Parallel'")] : []),
    ...validateStrategy(spec.updateStrategy),
    ...fates.map(([when, fate]) => notSupported(['spec', 'persistentVolumeClaimRetentionPolicy', when], fate, ['Retain', 'Delete'])),
  ];
}

function validateStrategy(strategy: Spec['updateStrategy']): FieldProblem[] {
  const path = ['spec', 'updateStrategy'];
  const { type, rollingUpdate } = strategy ?? {};
  if (!type) return [required(path)];
  if (type === 'OnDelete') {
    return rollingUpdate ? [invalid([...path, 'rollingUpdate'], rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")] : [];
  }
  if (type !== 'RollingUpdate') return [invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")];
  const at = [...path, 'rollingUpdate', 'maxUnavailable'];
  const most = rollingUpdate?.maxUnavailable;
  return [
    ...validateNotNegative(rollingUpdate?.partition, [...path, 'rollingUpdate', 'partition']),
    ...validateCountOrPercent(most, at),
    ...(most !== undefined && isZeroCount(most) ? [invalid(at, most, 'cannot be 0')] : []),
    ...validateAtMostAll(most, at),
  ];
}

function validateUnchanged(spec: Spec, old: Spec): FieldProblem[] {
  if (equalJson(without(spec, MAY_CHANGE), without(old, MAY_CHANGE))) return [];
  const names = MAY_CHANGE.map((field) => `'${field}'`);
  const listed = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return [forbidden(['spec'], `updates to statefulset spec for fields other than ${listed} are forbidden`)];
}

function without(spec: Spec, fields: readonly string[]): object {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !fields.includes(field)));
}
