import type { PersistentVolume, PersistentVolumeClaim } from '../../model/index.ts';

export type ClaimStatus = NonNullable<PersistentVolumeClaim['status']>;

/** With what it has of its volume. What it has of one that grew or changed since is said by who did that to it. */
export function bound(status: ClaimStatus | undefined, { spec }: PersistentVolume): ClaimStatus {
  const { accessModes, capacity, volumeAttributesClassName: current } = spec;
  const first = status?.phase === 'Bound' ? {} : { capacity, ...(current ? { currentVolumeAttributesClassName: current } : {}) };
  return { ...status, phase: 'Bound', accessModes, ...first };
}

/** Without what it has only of a volume. */
export function unbound(status: ClaimStatus | undefined, phase: ClaimStatus['phase']): ClaimStatus {
  const { accessModes: _a, capacity: _c, ...others } = status ?? {};
  return { ...others, phase };
}
