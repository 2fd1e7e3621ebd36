import {
  addAmounts,
  covers,
  coversKind,
  formatQuantity,
  NO_QUANTITY,
  resourceName,
  usageOf,
  type Amounts,
  type KindRef,
  type Manifest,
  type ResourceQuota,
} from '../../model/index.ts';

const TAKING: ReadonlySet<string> = new Set(['pods', 'services', 'persistentvolumeclaims']);

/** The quota counts objects of this kind. */
export function counts(quota: ResourceQuota, kind: KindRef): boolean {
  const name = resourceName(kind);
  if (!coversKind(quota, kind)) return false;
  return TAKING.has(name) || Object.keys(quota.spec?.hard ?? {}).some((each) => each === name || each === `count/${name}`);
}

/** What the objects of the quota's namespace take of it. */
export function decideQuota(
  quota: ResourceQuota,
  kinds: readonly KindRef[],
  objectsOf: (kind: KindRef) => readonly Manifest[],
  now: number,
): NonNullable<ResourceQuota['status']> {
  const { hard = {} } = quota.spec ?? {};
  let taken: Amounts = new Map();
  for (const kind of kinds.filter((each) => counts(quota, each))) {
    for (const object of objectsOf(kind)) {
      if (covers(quota, kind, object)) taken = addAmounts(taken, usageOf(kind, object, now));
    }
  }
  const used = Object.keys(hard).map((name) => [name, formatQuantity(taken.get(name) ?? NO_QUANTITY)]);
  return { hard, used: Object.fromEntries(used) as Record<string, string> };
}
