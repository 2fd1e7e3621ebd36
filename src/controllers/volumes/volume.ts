import type { PersistentVolume, PersistentVolumeClaim } from '../../model/index.ts';
import { PROVISIONER } from './claim.ts';

type Phase = NonNullable<NonNullable<PersistentVolume['status']>['phase']>;

export interface VolumeFate {
  readonly phase: Phase;
  /** Its claim is gone, its policy says that it goes too, and that is ours to do. */
  readonly remove: boolean;
  /** The claim that it is held for has another volume: others may have it. */
  readonly unbind?: true;
  /** Why it stays although its policy says that it goes. */
  readonly message?: string;
}

/** `claim` is the one that has the name in the volume's reference. */
export function decideVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeFate {
  const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
  if (!claimRef?.uid) return { phase: 'Available', remove: false };
  const provisioner = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'];
  if (isHeld(volume, claim)) return { phase: 'Bound', remove: false };
  const isMade = provisioner !== undefined && persistentVolumeReclaimPolicy === 'Delete';
  if (claim?.metadata.uid === claimRef.uid && !isMade) return { phase: 'Available', remove: false, unbind: true };
  if (persistentVolumeReclaimPolicy !== 'Delete') return { phase: 'Released', remove: false };
  if (provisioner === PROVISIONER) return { phase: 'Released', remove: true };
  // A driver of its own removes it.
  if (provisioner || 'csi' in volume.spec) return { phase: 'Released', remove: false };
  return { phase: 'Failed', remove: false, message: whyKept(volume) };
}

/** The claim of its reference is there, and has no other volume. */
export function isHeld({ metadata, spec }: PersistentVolume, claim: PersistentVolumeClaim | undefined): boolean {
  return claim?.metadata.uid === spec.claimRef?.uid && [undefined, '', metadata.name].includes(claim?.spec.volumeName);
}

function whyKept({ metadata: { name }, spec }: PersistentVolume): string {
  const { path } = (spec['hostPath'] ?? {}) as { path?: string };
  if (path === undefined)
    return `error getting deleter volume plugin for volume ${JSON.stringify(name)}: no deletable volume plugin matched`;
  return `the directory ${path} of volume ${JSON.stringify(name)} was not made for a claim, and is not deleted: delete it and the volume by hand, or set persistentVolumeReclaimPolicy to Retain`;
}
