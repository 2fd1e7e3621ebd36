import { equalJson } from '../../../base/index.ts';
import { dns1123Subdomain, mapKey, parseNanos, type FieldPath } from '../../meta/index.ts';
import { CLASS_ANNOTATION } from '../../storage/index.ts';
import type { DataSource, PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types/index.ts';
import { forbidden, invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { immutable, subdomainProblems } from './metadata.ts';
import { validateLabelSelector } from './selector.ts';
import { validateAccessModes, validateSize, validateVolumeMode } from './storage.ts';

type Spec = PersistentVolumeClaimSpec;

const CLAIM = 'PersistentVolumeClaim';
const STORAGE = ['spec', 'resources', 'requests', 'storage'];
const VOLUME_ATTRIBUTES = ['spec', 'volumeAttributesClassName'];

export function validateClaimSpec(spec: Spec, path: FieldPath): FieldProblem[] {
  const { accessModes = [], selector, resources, storageClassName, volumeMode, volumeAttributesClassName } = spec;
  const noModes = accessModes.length === 0 ? [required([...path, 'accessModes'], 'at least 1 access mode is required')] : [];
  return [
    ...noModes,
    ...validateLabelSelector(selector, [...path, 'selector']),
    ...validateAccessModes(accessModes, [...path, 'accessModes']),
    ...validateSize(resources?.requests?.['storage'], [...path, 'resources', mapKey('storage')]),
    ...(storageClassName ? subdomainProblems(storageClassName, [...path, 'storageClassName']) : []),
    ...validateVolumeMode(volumeMode, [...path, 'volumeMode']),
    ...validateSource(spec.dataSource, [...path, 'dataSource']),
    ...validateSource(spec.dataSourceRef, [...path, 'dataSourceRef']),
    ...(isTorn(spec) ? [invalid(path, {}, 'must match dataSourceRef')] : []),
    ...(volumeAttributesClassName ? subdomainProblems(volumeAttributesClassName, [...path, 'volumeAttributesClassName']) : []),
  ];
}

function validateSource(source: DataSource | undefined, path: FieldPath): FieldProblem[] {
  if (!source) return [];
  const { apiGroup, kind } = source;
  return [
    ...(['name', 'kind'] as const).filter((part) => !source[part]).map((part) => required([...path, part])),
    ...(!apiGroup && kind !== CLAIM ? [invalid(path, kind ?? '', `must be '${CLAIM}' when referencing the default apiGroup`)] : []),
    ...(apiGroup ? dns1123Subdomain(apiGroup).map((why) => invalid([...path, 'apiGroup'], apiGroup, why)) : []),
  ];
}

function isTorn({ dataSource, dataSourceRef }: Spec): boolean {
  if (!dataSource || !dataSourceRef || dataSourceRef.namespace) return false;
  return (['apiGroup', 'kind', 'name'] as const).some((part) => dataSource[part] !== dataSourceRef[part]);
}

/** A claim may be given its volume and its class once, and grow once it is bound; for the rest it stays as it was made. */
export function validateClaimUpdate(claim: PersistentVolumeClaim, before: PersistentVolumeClaim): FieldProblem[] {
  const { spec } = claim;
  const { spec: old, status } = before;
  const isBound = status?.phase === 'Bound';
  const { requests } = spec.resources ?? {};
  const unchanged: Spec = {
    ...spec,
    volumeAttributesClassName: old.volumeAttributesClassName,
    ...(old.volumeName ? {} : { volumeName: old.volumeName }),
    ...(takesClass(claim, before) ? { storageClassName: undefined } : {}),
    ...(isBound && requests ? { resources: { ...spec.resources, requests: { ...requests, storage: sizeOf(old) } } } : {}),
  };
  return [
    ...validateAnnotation(claim, before),
    ...(equalJson(unchanged, withBothSources(old))
      ? []
      : [forbidden(['spec'], 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims')]),
    ...(shrinksTooFar(spec, old, status?.capacity?.['storage']) ? [forbidden(STORAGE, 'field can not be less than status.capacity')] : []),
    ...immutable(spec.volumeMode, old.volumeMode, ['volumeMode']),
    ...validateAttributes(spec.volumeAttributesClassName, old.volumeAttributesClassName),
  ];
} // prettier-ignore

/** A claim that named no class, or named it by the annotation alone, is given that class. */
function takesClass({ spec }: PersistentVolumeClaim, { metadata, spec: old }: PersistentVolumeClaim): boolean {
  const named = metadata.annotations?.[CLASS_ANNOTATION];
  return old.storageClassName === undefined && spec.storageClassName !== undefined && (named ?? spec.storageClassName) === spec.storageClassName;
} // prettier-ignore

/** The annotation goes only where the field takes its place. */
function validateAnnotation(claim: PersistentVolumeClaim, before: PersistentVolumeClaim): FieldProblem[] {
  const [named, was] = [claim, before].map(({ metadata }) => metadata.annotations?.[CLASS_ANNOTATION]);
  if (was !== undefined && named === undefined && takesClass(claim, before)) return [];
  return immutable(named ?? '', was ?? '', ['metadata', 'annotations', CLASS_ANNOTATION]);
}

function shrinksTooFar(spec: Spec, old: Spec, capacity: string | undefined): boolean {
  const amountOf = (size: string) => parseNanos(size) ?? 0n;
  const asked = amountOf(sizeOf(spec));
  return asked < amountOf(sizeOf(old)) && asked <= amountOf(capacity ?? '0');
}

function sizeOf({ resources }: Spec): string {
  return resources?.requests?.['storage'] ?? '0';
}

function validateAttributes(name: string | undefined, old: string | undefined): FieldProblem[] {
  if (old === undefined || name) return [];
  const what = name === undefined ? 'nil' : 'an empty string';
  return name === old ? [] : [forbidden(VOLUME_ATTRIBUTES, `update from non-nil value to ${what} is forbidden`)];
}

const SNAPSHOT = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot' };

/**
 * Both ways of saying where the data comes from say the same. The older one is for claims and snapshots alone, and anything
 * else in it is passed over in silence; what lies in another namespace is not reached.
 */
export function settleSources(spec: Spec, old?: Spec): Spec {
  const reachable = spec.dataSourceRef?.namespace && !old?.dataSourceRef ? without(spec, 'dataSourceRef') : spec;
  const { dataSource, dataSourceRef } = reachable;
  const isKept = old?.dataSource || old?.dataSourceRef || dataSourceRef || !dataSource || isClaimOrSnapshot(dataSource);
  return withBothSources(isKept ? reachable : without(reachable, 'dataSource'));
}

function withBothSources(spec: Spec): Spec {
  const { dataSource, dataSourceRef } = spec;
  if (dataSourceRef?.namespace) return spec;
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: dataSource };
  return dataSourceRef && !dataSource ? { ...spec, dataSource: dataSourceRef } : spec;
}

function isClaimOrSnapshot({ apiGroup, kind }: DataSource): boolean {
  return apiGroup ? apiGroup === SNAPSHOT.apiGroup && kind === SNAPSHOT.kind : kind === CLAIM;
}

function without(spec: Spec, field: 'dataSource' | 'dataSourceRef'): Spec {
  const { [field]: _, ...others } = spec;
  return others;
}
