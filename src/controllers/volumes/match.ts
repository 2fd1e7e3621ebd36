import { matches, parseNanos, selectorFrom, type PersistentVolume, type PersistentVolumeClaim } from '../../model/index.ts';
import { compareTexts } from '../order.ts';

export const sizeOf = (quantity: string | undefined): bigint => (quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n));

/** The volume is held for this claim: by its uid, or by its name alone where an administrator reserved it. */
export function isFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return claimRef.uid === undefined || claimRef.uid === metadata.uid;
}

/** One that was reserved for the claim, else the smallest that is enough. */
export function chooseVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const fitting = volumes.filter((volume) => fits(volume, claim));
  const reserved = fitting.find((volume) => isFor(volume, claim));
  const free = fitting.filter(({ spec }) => !spec.claimRef).toSorted(compareSize);
  return reserved ?? free[0];
}

function compareSize(a: PersistentVolume, b: PersistentVolume): number {
  const [left, right] = [sizeOf(a.spec.capacity?.['storage']), sizeOf(b.spec.capacity?.['storage'])];
  return left < right ? -1 : left > right ? 1 : compareTexts(a.metadata.name, b.metadata.name);
}

function fits({ metadata, spec }: PersistentVolume, { spec: asked }: PersistentVolumeClaim): boolean {
  const { accessModes = [], storageClassName = '', volumeMode = 'Filesystem', selector, resources } = asked;
  return (
    !metadata.deletionTimestamp &&
    (spec.storageClassName ?? '') === storageClassName &&
    (spec.volumeMode ?? 'Filesystem') === volumeMode &&
    accessModes.every((mode) => spec.accessModes?.includes(mode)) &&
    sizeOf(spec.capacity?.['storage']) >= sizeOf(resources?.requests?.['storage']) &&
    (selector === undefined || matches(selectorFrom(selector)!, metadata.labels))
  );
}
