import { classNameOf, parseNanos, type PersistentVolumeClaim, STORAGE_CLASSES } from '../../model/index.ts';
import { forbidden } from '../refusals.ts';
import type { AdmissionStep } from './step.ts';

const NOT_RESIZABLE = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** A claim grows only where its class says that its volumes can. */
export const claimResize: AdmissionStep = {
  name: 'PersistentVolumeClaimResize',
  of: ['persistentvolumeclaims'],
  judge: ({ kind, object, old, subresource }, around) => {
    if (!old || subresource) return [];
    const claim = object as unknown as PersistentVolumeClaim;
    if (sizeOf(claim.spec) <= sizeOf((old as unknown as PersistentVolumeClaim).spec)) return [];
    const className = classNameOf(claim);
    const found = className ? around.find(STORAGE_CLASSES, className) : undefined;
    if (!found?.allowVolumeExpansion) throw forbidden(kind, claim.metadata.name, NOT_RESIZABLE);
    return [];
  },
};

function sizeOf({ resources }: PersistentVolumeClaim['spec']): bigint {
  return parseNanos(resources?.requests?.['storage'] ?? '0') ?? 0n;
}
