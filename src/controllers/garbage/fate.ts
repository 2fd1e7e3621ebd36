import type { KubeObject, OwnerReference } from '../../model/index.ts';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export interface Owner {
  readonly reference: OwnerReference;
  /** `waiting` is there only until its dependents have gone. */
  readonly state: 'solid' | 'waiting' | 'absent' | 'unknown';
}

export type Fate =
  | { readonly kind: 'keep' }
  /** Nobody can tell whether an owner is there: its kind is not served. */
  | { readonly kind: 'undecided' }
  /** Only these owners are left. */
  | { readonly kind: 'detach'; readonly owners: readonly OwnerReference[] }
  | {
      readonly kind: 'delete';
      readonly propagation: 'Background' | 'Foreground' | 'Orphan';
      /** Takes its block off its owners first, which wait for it in a circle. */ readonly unblock: boolean;
    };

/** What becomes of an object, given its owners and what depends on it. */
export function decideFate(object: KubeObject, owners: readonly Owner[], dependents: readonly KubeObject[]): Fate {
  if (owners.length === 0) return { kind: 'keep' };
  if (owners.some(({ state }) => state === 'unknown')) return { kind: 'undecided' };
  const solid = owners.filter(({ state }) => state === 'solid');
  if (solid.length === owners.length) return { kind: 'keep' };
  if (solid.length > 0) return { kind: 'detach', owners: solid.map(({ reference }) => reference) };
  const isAwaited = owners.some(({ state }) => state === 'waiting');
  if (isAwaited && dependents.length > 0)
    return { kind: 'delete', propagation: 'Foreground', unblock: dependents.some(isWaitingForDependents) };
  return { kind: 'delete', propagation: ownPropagation(object), unblock: false };
}

export function isWaitingForDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(FOREGROUND) ?? false);
}

export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && (metadata.finalizers?.includes(ORPHAN) ?? false);
}

function ownPropagation({ metadata: { finalizers } }: KubeObject) {
  if (finalizers?.includes(ORPHAN)) return 'Orphan';
  return finalizers?.includes(FOREGROUND) ? 'Foreground' : 'Background';
}
