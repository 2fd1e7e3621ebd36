import { dns1123Subdomain } from '../../meta/index.ts';
import { classNameOf } from '../../storage/index.ts';
import { PERSISTENT_VOLUMES, type PersistentVolume, type PersistentVolumeSpec } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn, UNSET, wideColumn } from '../columns/columns.ts';
import { modesCell } from '../columns/modes.ts';
import { declareKind } from '../declare.ts';
import { defaultVolumeSource } from '../defaulting/volume.ts';
import { sourcesOf, volumeWarnings, validateVolumeSpec, validateVolumeUpdate } from './persistentvolume-rules.ts';

type Spec = PersistentVolumeSpec;

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
  validate: ({ spec }, old) => [...validateVolumeSpec(spec), ...(old ? validateVolumeUpdate(spec, old.spec) : [])],
  warnings: volumeWarnings,
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

function defaultSpec(spec: Spec): Spec {
  const sources = sourcesOf(spec).map((source) => [source, defaultVolumeSource(source, spec[source])] as const);
  return {
    ...spec,
    ...Object.fromEntries(sources),
    persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
    volumeMode: spec.volumeMode ?? 'Filesystem',
  };
}
