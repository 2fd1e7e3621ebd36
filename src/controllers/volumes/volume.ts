import type { PersistentVolume, PersistentVolumeClaim } from '../../model/index.ts';

type Phase = NonNullable<NonNullable<PersistentVolume['status']>['phase']>;

export interface VolumeFate {
  readonly phase: Phase;
  /** Its claim is gone, and its policy says that it goes too. */
  readonly remove: boolean;
}

/** `claim` is the one that has the name in the volume's reference. */
export function decideVolume({ spec }: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumeFate {
  const { claimRef } = spec;
  if (!claimRef?.uid) return { phase: 'Available', remove: false };
  if (claim?.metadata.uid === claimRef.uid) return { phase: 'Bound', remove: false };
  return { phase: 'Released', remove: spec.persistentVolumeReclaimPolicy === 'Delete' };
}
