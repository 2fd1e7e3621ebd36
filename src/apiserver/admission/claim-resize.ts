import { parseNanos, type PersistentVolumeClaim, STORAGE_CLASSES } from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import { isOf, type AdmissionStep } from './step.ts';

const NOT_RESIZABLE = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** A claim grows only where its class says that its volumes can. */
export const claimResize: AdmissionStep = {
  name: 'PersistentVolumeClaimResize',
  judge: ({ kind, object, old, subresource }, around) => {
    if (!old || subresource || !isOf(kind, 'persistentvolumeclaims')) return [];
    const { metadata, spec } = object as unknown as PersistentVolumeClaim;
    if (sizeOf(spec) <= sizeOf((old as unknown as PersistentVolumeClaim).spec)) return [];
    const found = spec.storageClassName ? around.find(STORAGE_CLASSES, spec.storageClassName) : undefined;
    if (!found?.allowVolumeExpansion) throw forbidden(kind, metadata.name, NOT_RESIZABLE);
    return [];
  },
};

function sizeOf({ resources }: PersistentVolumeClaim['spec']): bigint {
  return parseNanos(resources?.requests?.['storage'] ?? '0') ?? 0n;
}
