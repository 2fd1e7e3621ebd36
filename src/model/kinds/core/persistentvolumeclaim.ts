import { dns1123Subdomain, mapKey } from '../../meta/index.ts';
import { classNameOf } from '../../storage/index.ts';
import { PERSISTENT_VOLUME_CLAIMS, type PersistentVolumeClaim } from '../../types/index.ts';
import { AGE, ageOf, NAME, textColumn, UNSET, wideColumn } from '../columns/columns.ts';
import { modesCell } from '../columns/modes.ts';
import { declareKind } from '../declare.ts';
import { defaultClaimSpec } from '../defaulting/claim.ts';
import { settleSources, validateClaimSpec, validateClaimUpdate } from '../rules/claim.ts';
import { classWarnings } from '../rules/storage.ts';
import { byteWarnings } from '../rules/warnings.ts';

const STORAGE = ['spec', 'resources', 'requests', mapKey('storage')];

export const PERSISTENT_VOLUME_CLAIM = declareKind<PersistentVolumeClaim>({
  ref: PERSISTENT_VOLUME_CLAIMS,
  schema: { definition: 'core.v1.PersistentVolumeClaim' },
  name: dns1123Subdomain,
  shortNames: ['pvc'],
  subresources: ['status'],
  defaults: (claim) => ({ ...claim, spec: defaultClaimSpec(claim.spec) }),
  prepareCreate: (claim) => ({ ...claim, spec: settleSources(claim.spec) }),
  prepareUpdate: (claim, old) => ({ ...claim, spec: settleSources(claim.spec, old.spec) }),
  initialStatus: () => ({ phase: 'Pending' }),
  validate: (claim, old) => [...validateClaimSpec(claim.spec, ['spec']), ...(old ? validateClaimUpdate(claim, old) : [])],
  warnings: (claim) => [...classWarnings(claim), ...byteWarnings(claim.spec.resources?.requests?.['storage'], STORAGE)],
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
