import { equalJson, isRecord } from '../../../base/index.ts';
import { dns1123Subdomain, mapKey } from '../../meta/index.ts';
import { classNameOf } from '../../storage/index.ts';
import { PERSISTENT_VOLUMES, type PersistentVolume, type PersistentVolumeSpec } from '../../types/index.ts';
import { forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn, UNSET, wideColumn } from '../columns/columns.ts';
import { modesCell } from '../columns/modes.ts';
import { declareKind } from '../declare.ts';
import { defaultVolumeSource } from '../defaulting/volume.ts';
import { immutable, subdomainProblems } from '../rules/metadata.ts';
import { validateAccessModes, validateSize, validateVolumeMode } from '../rules/storage.ts';

type Spec = PersistentVolumeSpec;

const SPEC = ['spec'];
const POLICIES = ['Delete', 'Recycle', 'Retain'];

/** All other fields of a spec are sources. */
const NO_SOURCES: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** What a source cannot be without. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  local: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver', 'volumeHandle'],
  fc: [],
  iscsi: ['targetPortal', 'iqn'],
};

export const PERSISTENT_VOLUME = declareKind<PersistentVolume>({
  ref: PERSISTENT_VOLUMES,
  schema: { definition: 'core.v1.PersistentVolume' },
  name: dns1123Subdomain,
  shortNames: ['pv'],
  subresources: ['status'],
  defaults: (volume) => ({ ...volume, spec: defaultSpec(volume.spec ?? {}) }),
  initialStatus: ({ metadata }) => ({
    phase: 'Pending',
    ...(metadata.creationTimestamp ? { lastPhaseTransitionTime: metadata.creationTimestamp } : {}),
  }),
  validate: ({ spec }, old) => [...validateSpec(spec), ...(old ? validateUpdate(spec, old.spec) : [])],
  columns: [
    NAME,
    ...['Capacity', 'Access Modes', 'Reclaim Policy', 'Status', 'Claim', 'StorageClass', 'VolumeAttributesClass', 'Reason'].map(textColumn),
    AGE,
    wideColumn('VolumeMode'),
  ],
  row: (volume, clock) => {
    const { metadata, spec, status } = volume;
    const { claimRef } = spec;
    const phase = metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? '');
    const claim = claimRef ? `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}` : '';
    return [
      metadata.name,
      spec.capacity?.['storage'] ?? '0',
      modesCell(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      phase,
      claim,
      classNameOf(volume) ?? '',
      spec.volumeAttributesClassName ?? UNSET,
      status?.reason ?? '',
      ageOf(volume, clock),
      spec.volumeMode ?? UNSET,
    ];
  },
});

const sourcesOf = (spec: Spec) => Object.keys(spec).filter((field) => !NO_SOURCES.has(field) && spec[field] !== undefined);

function defaultSpec(spec: Spec): Spec {
  const sources = sourcesOf(spec).map((source) => [source, defaultVolumeSource(source, spec[source])] as const);
  return {
    ...spec,
    ...Object.fromEntries(sources),
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
  };
}

function validateSpec(spec: Spec): FieldProblem[] {
  const { accessModes = [], capacity = {}, persistentVolumeReclaimPolicy: policy, storageClassName, volumeMode } = spec;
  const isSized = Object.keys(capacity).length === 1 && capacity['storage'] !== undefined;
  return [
    ...(accessModes.length === 0 ? [required([...SPEC, 'accessModes'])] : []),
    ...validateAccessModes(accessModes, [...SPEC, 'accessModes']),
    ...(Object.keys(capacity).length === 0 ? [required([...SPEC, 'capacity'])] : []),
    ...(Object.keys(capacity).length > 0 && !isSized ? [notSupported([...SPEC, 'capacity'], capacity, ['storage'])] : []),
    ...(isSized ? validateSize(capacity['storage'], [...SPEC, 'capacity', mapKey('storage')]) : []),
    ...(policy && !POLICIES.includes(policy) ? [notSupported([...SPEC, 'persistentVolumeReclaimPolicy'], policy, POLICIES)] : []),
    ...validateSources(spec),
    ...(storageClassName ? subdomainProblems(storageClassName, [...SPEC, 'storageClassName']) : []),
    ...validateVolumeMode(volumeMode, [...SPEC, 'volumeMode']),
  ];
}

function validateSources(spec: Spec): FieldProblem[] {
  const [source, ...more] = sourcesOf(spec);
  if (source === undefined) return [required(SPEC, 'must specify a volume type')];
  const given = spec[source] as Readonly<Record<string, unknown>>;
  const isRoot = source === 'hostPath' && given['path'] === '/';
  return [
    ...more.map((other) => forbidden([...SPEC, other], 'may not specify more than 1 volume type')),
    ...(NEEDED[source] ?? []).filter((field) => !given[field]).map((field) => required([...SPEC, source, field])),
    ...(source === 'nfs' && typeof given['path'] === 'string' && given['path'] !== '' && !given['path'].startsWith('/')
      ? [invalid([...SPEC, 'nfs', 'path'], given['path'], 'must be an absolute path')]
      : []),
    ...(source === 'local' && !spec.nodeAffinity ? [required([...SPEC, 'nodeAffinity'], 'Local volume requires node affinity')] : []),
    ...(isRoot && spec.persistentVolumeReclaimPolicy === 'Recycle'
      ? [forbidden([...SPEC, 'persistentVolumeReclaimPolicy'], "may not be 'recycle' for a hostPath mount of '/'")]
      : []),
  ];
}

function validateUpdate(spec: Spec, old: Spec): FieldProblem[] {
  const sources = (from: Spec) => Object.fromEntries(sourcesOf(from).map((source) => [source, withoutSecrets(from[source])]));
  return [
    ...(equalJson(sources(spec), sources(old))
      ? []
      : [forbidden([...SPEC, 'persistentvolumesource'], 'spec.persistentvolumesource is immutable after creation')]),
    ...immutable(spec.volumeMode, old.volumeMode, [...SPEC, 'volumeMode']),
    ...(old.nodeAffinity ? immutable(spec.nodeAffinity, old.nodeAffinity, [...SPEC, 'nodeAffinity']) : []),
  ];
}

/** Who may grow a volume can be said later. */
function withoutSecrets(source: unknown): unknown {
  if (!isRecord(source)) return source;
  const { controllerExpandSecretRef: _c, nodeExpandSecretRef: _n, ...rest } = source;
  return rest;
}
