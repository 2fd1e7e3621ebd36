import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, mapKey, parseNanos } from '../../meta/index.ts';
import { classNameOf } from '../../storage/index.ts';
import { PERSISTENT_VOLUME_CLAIMS, type PersistentVolumeClaim, type PersistentVolumeClaimSpec } from '../../types/index.ts';
import { forbidden, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, UNSET, wideColumn } from '../columns/columns.ts';
import { modesCell } from '../columns/modes.ts';
import { declareKind } from '../declare.ts';
import { defaultClaimSpec } from '../defaulting/claim.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';
import { validateLabelSelector } from '../rules/selector.ts';
import { validateAccessModes, validateSize, validateVolumeMode } from '../rules/storage.ts';

type Spec = PersistentVolumeClaimSpec;

const SPEC = ['spec'];

export const PERSISTENT_VOLUME_CLAIM = declareKind<PersistentVolumeClaim>({
  ref: PERSISTENT_VOLUME_CLAIMS,
  schema: { definition: 'core.v1.PersistentVolumeClaim' },
  name: dns1123Subdomain,
  shortNames: ['pvc'],
  subresources: ['status'],
  defaults: (claim) => ({ ...claim, spec: defaultClaimSpec(claim.spec) }),
  initialStatus: () => ({ phase: 'Pending' }),
  validate: (claim, old) => [...validateSpec(claim.spec), ...(old ? validateUpdate(claim, old) : [])],
  columns: [
    NAME,
    ...['Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass'].map(textColumn),
    AGE,
    wideColumn('VolumeMode'),
  ],
  row: (claim, clock) => {
    const { metadata, spec, status } = claim;
    const phase = metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '');
    const capacity = spec.volumeName ? (status?.capacity?.['storage'] ?? '0') : '';
    const modes = spec.volumeName ? modesCell(status?.accessModes) : '';
    const classes = [classNameOf(claim) ?? '', spec.volumeAttributesClassName ?? UNSET];
    return [metadata.name, phase, spec.volumeName ?? '', capacity, modes, ...classes, ageOf(claim, clock), spec.volumeMode ?? UNSET];
  },
});

function validateSpec(spec: Spec): FieldProblem[] {
  const { accessModes = [], selector, resources, storageClassName, volumeMode } = spec;
  const noModes = accessModes.length === 0 ? [required([...SPEC, 'accessModes'], 'at least 1 access mode is required')] : [];
  return [
    ...noModes,
    ...validateLabelSelector(selector, [...SPEC, 'selector']),
    ...validateAccessModes(accessModes, [...SPEC, 'accessModes']),
    ...validateSize(resources?.requests?.['storage'], [...SPEC, 'resources', mapKey('storage')]),
    ...(storageClassName ? subdomainProblems(storageClassName, [...SPEC, 'storageClassName']) : []),
    ...validateVolumeMode(volumeMode, [...SPEC, 'volumeMode']),
    ...(['dataSource', 'dataSourceRef'] as const).flatMap((field) => validateSource(spec[field], field)),
  ];
}

function validateSource(source: Spec['dataSource'], field: string): FieldProblem[] {
  if (!source) return [];
  return (['name', 'kind'] as const).filter((part) => !source[part]).map((part) => required([...SPEC, field, part]));
}

/** A claim may be given its volume once, and grow once it has it; for the rest it stays as it was made. */
function validateUpdate({ spec }: PersistentVolumeClaim, { spec: old, status }: PersistentVolumeClaim): FieldProblem[] {
  const isBound = status?.phase === 'Bound';
  const expected: Spec = {
    ...spec,
    ...(isBound ? { resources: old.resources, volumeAttributesClassName: old.volumeAttributesClassName } : {}),
    ...(old.volumeName ? {} : { volumeName: old.volumeName }),
    ...(old.storageClassName === undefined && !old.volumeName ? { storageClassName: undefined } : {}),
  };
  return [
    ...(equalJson(expected, old)
      ? []
      : [forbidden(SPEC, 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims')]),
    ...(isBound && shrinksTooFar(spec, old, status.capacity?.['storage'])
      ? [forbidden([...SPEC, 'resources', 'requests', 'storage'], 'field can not be less than status.capacity')]
      : []),
    ...immutable(spec.volumeMode, old.volumeMode, [...SPEC, 'volumeMode']),
  ];
}

function shrinksTooFar(spec: Spec, old: Spec, capacity: string | undefined): boolean {
  const [asked, before] = [spec, old].map(({ resources }) => parseNanos(resources?.requests?.['storage'] ?? '0') ?? 0n) as [bigint, bigint];
  return asked < before && asked <= (parseNanos(capacity ?? '0') ?? 0n);
}
