import { classNameOf, matches, parseNanos, selectorFrom, type PersistentVolume, type PersistentVolumeClaim } from '../../model/index.ts';
import { compareTexts } from '../order.ts';

export const sizeOf = (quantity: string | undefined): bigint => (quantity === undefined ? 0n : (parseNanos(quantity) ?? 0n));

/** The volume is held for this claim: by its uid, or by its name alone where an administrator reserved it. */
export function isFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { claimRef } = spec;
  if (!claimRef || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false;
  return claimRef.uid === undefined || claimRef.uid === metadata.uid;
}

/** One that is held for the claim, whatever its class. */
export function reservedVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  return volumes.find((volume) => isFor(volume, claim) && mismatches(volume, claim).every((each) => each === OTHER_CLASS));
}

/** One that was reserved, else the smallest that is enough. */
export function chooseVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const { selector } = claim.spec;
  const isFree = ({ metadata, spec }: PersistentVolume) =>
    !spec.claimRef && (!selector || matches(selectorFrom(selector)!, metadata.labels));
  const free = volumes.filter((volume) => isFree(volume) && mismatches(volume, claim).length === 0).toSorted(compareSize);
  return reservedVolume(claim, volumes) ?? free[0];
}

function compareSize(a: PersistentVolume, b: PersistentVolume): number {
  const [left, right] = [sizeOf(a.spec.capacity?.['storage']), sizeOf(b.spec.capacity?.['storage'])];
  return left < right ? -1 : left > right ? 1 : compareTexts(a.metadata.name, b.metadata.name);
}

const OTHER_CLASS = 'storageClassName does not match';

/** Why the volume is not what the claim asks for. */
export function mismatches(volume: PersistentVolume, claim: PersistentVolumeClaim): readonly string[] {
  const { metadata, spec } = volume;
  const { accessModes = [], volumeMode = 'Filesystem', volumeAttributesClassName = '', resources } = claim.spec;
  return [
    metadata.deletionTimestamp ? `the volume is marked for deletion ${JSON.stringify(metadata.name)}` : undefined,
    sizeOf(spec.capacity?.['storage']) < sizeOf(resources?.requests?.['storage']) ? 'requested PV is too small' : undefined,
    (classNameOf(volume) ?? '') === (classNameOf(claim) ?? '') ? undefined : OTHER_CLASS,
    (spec.volumeAttributesClassName ?? '') === volumeAttributesClassName ? undefined : 'volumeAttributesClassName does not match',
    (spec.volumeMode ?? 'Filesystem') === volumeMode ? undefined : 'incompatible volumeMode',
    accessModes.every((mode) => spec.accessModes?.includes(mode)) ? undefined : 'incompatible accessMode',
  ].filter((problem) => problem !== undefined);
}
