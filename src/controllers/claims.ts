import { isStatus } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import {
  controllerOf,
  controllerReference,
  matches,
  selectorFrom,
  type KindRef,
  type KubeObject,
  type LabelSelector,
  type OwnerReference,
  type Selector,
} from '../model/index.ts';

export interface Claims<T> {
  readonly owned: readonly T[];
  /** Matching, living and controlled by nobody. */
  readonly adopt: readonly T[];
  /** Owned, but their labels no longer match. */
  readonly release: readonly T[];
}

/** Sorts candidates by whose they should be; an owner on its way out takes and gives nothing. */
export function decideClaims<T extends KubeObject>(owner: KubeObject, selector: Selector, candidates: readonly T[]): Claims<T> {
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  const owned: T[] = [];
  const adopt: T[] = [];
  const release: T[] = [];
  for (const candidate of candidates) {
    const controller = controllerOf(candidate);
    const fits = matches(selector, candidate.metadata.labels);
    if (controller?.uid === owner.metadata.uid) {
      if (fits) owned.push(candidate);
      else if (!leaving) release.push(candidate);
    } else if (!controller && fits && !leaving && !candidate.metadata.deletionTimestamp) {
      adopt.push(candidate);
    }
  }
  return { owned, adopt, release };
}

/** The selector would take the object in. One that takes everything is a mistake, and takes nothing. */
export function selects(selector: LabelSelector | undefined, { metadata }: KubeObject): boolean {
  const requirements = selectorFrom(selector);
  return requirements !== undefined && requirements.length > 0 && matches(requirements, metadata.labels);
}

export interface Claimant {
  readonly client: Client;
  readonly kind: KindRef<KubeObject>;
  readonly owner: KubeObject;
  /** What is its own has this finalizer for as long. */
  readonly finalizer?: string;
}

/** Writes the owner references that the claims ask for, and gives what is owned afterwards. */
export async function claim<T extends KubeObject>(
  { client, kind, owner, finalizer }: Claimant,
  of: KindRef<T>,
  claims: Claims<T>,
): Promise<readonly T[]> {
  if (claims.adopt.length === 0 && claims.release.length === 0) return claims.owned;
  const adopted = claims.adopt.length > 0 && (await isStillThere(client, kind, owner)) ? claims.adopt : [];
  const reference = controllerReference(owner, kind);
  const held = ({ metadata: { finalizers = [] } }: KubeObject, isOwn: boolean) => {
    if (finalizer === undefined) return undefined;
    const rest = finalizers.filter((other) => other !== finalizer);
    return isOwn ? [...rest, finalizer] : rest;
  };
  const take = (object: T) => setOwners(client, of, object, [...(object.metadata.ownerReferences ?? []), reference], held(object, true));
  const giveUp = (object: T) => setOwners(client, of, object, others(object, owner), held(object, false));
  const [taken] = await Promise.all([Promise.all(adopted.map(take)), Promise.all(claims.release.map(giveUp))]);
  return [...claims.owned, ...taken.filter((object) => object !== undefined)];
}

const others = (object: KubeObject, owner: KubeObject) =>
  object.metadata.ownerReferences!.filter((reference) => reference.uid !== owner.metadata.uid);

/** The cache may not know yet that the owner is gone: adopting for a dead owner would hand the object to the collector. */
async function isStillThere(client: Client, kind: KindRef<KubeObject>, owner: KubeObject): Promise<boolean> {
  const live = await client.get(kind, owner.metadata.name, owner.metadata.namespace).catch(ignoreNotFound);
  return live?.metadata.uid === owner.metadata.uid && !live?.metadata.deletionTimestamp;
}

/** Only on the version that was seen; what is gone needs no owner. */
export async function setOwners<T extends KubeObject>(
  client: Client,
  kind: KindRef<T>,
  { metadata: { name, namespace, uid, resourceVersion } }: KubeObject,
  owners: readonly OwnerReference[],
  finalizers?: readonly string[],
): Promise<T | undefined> {
  const held = finalizers ? { finalizers: orNull(finalizers) } : {};
  const metadata = { uid, resourceVersion, ownerReferences: orNull(owners), ...held };
  return client.patch({ kind, name, namespace }, { type: 'merge', patch: { metadata } }).catch(ignoreNotFound);
}

const orNull = <T>(list: readonly T[]) => (list.length > 0 ? list : null);

export function ignoreNotFound(error: unknown): undefined {
  if (!isStatus(error, 'NotFound')) throw error;
}
