import { StatusError } from '../../base/index.ts';
import {
  apiVersionOf,
  type Kind,
  type KindRef,
  type KubeObject,
  type Manifest,
  type ObjectKey,
  type ObjectMeta,
} from '../../model/index.ts';
import type { Key, Revision } from '../../store/index.ts';
import type { Place } from '../api.ts';

type Collected = Pick<Kind, 'group' | 'plural'> & Partial<Pick<Kind, 'stored'>>;

/** The collection of a kind in the store; ends with `/`. Kinds that are forms of one stored kind share it. */
export function collectionOf(kind: Collected, namespace?: string): string {
  const collection = `${(kind.stored?.group ?? kind.group) || 'core'}/${kind.plural}/`;
  return namespace ? `${collection}${namespace}/` : collection;
}

export function storeKey(kind: Collected, key: ObjectKey): Key {
  return collectionOf(kind) + key;
}

export function keyOfPlace(place: Place): Key {
  return collectionOf(place.kind, place.kind.namespaced ? place.namespace : undefined) + place.name!;
}

/** The object as it is kept: what names its type comes first, then its metadata in Kubernetes' order. */
export function normalize(kind: KindRef, object: Manifest): Manifest {
  const metadata = orderMetadata(object.metadata, object.metadata.resourceVersion);
  return { ...FIRST, ...object, kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
}

/** Members keep the place where they came up first. */
const FIRST: Pick<Manifest, 'kind' | 'apiVersion' | 'metadata'> = { kind: '', apiVersion: '', metadata: { name: '' } };

const METADATA_ORDER = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[];

/** Most versions follow one that was in order: those take the same form at once. */
function orderMetadata(metadata: ObjectMeta, resourceVersion: string | undefined): ObjectMeta {
  const present = metadata.resourceVersion;
  if ((present === undefined) === (resourceVersion === undefined) && isInOrder(metadata))
    return present === resourceVersion ? metadata : { ...metadata, resourceVersion };
  const ordered: Record<string, unknown> = {};
  for (const field of METADATA_ORDER) {
    const value = field === 'resourceVersion' ? resourceVersion : metadata[field];
    if (!isEmpty(value)) ordered[field] = value;
  }
  return ordered as unknown as ObjectMeta;
}

function isInOrder(metadata: ObjectMeta): boolean {
  let at = 0;
  for (const field in metadata) {
    while (METADATA_ORDER[at] !== field) if (++at === METADATA_ORDER.length) return false;
    if (isEmpty(metadata[field as (typeof METADATA_ORDER)[number]])) return false;
  }
  return true;
}

/** Go omits empty lists and maps; a name is never empty where it counts. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value !== 'object') return false;
  for (const _ in value as object) return false;
  return true;
}

/** The value carrying its revision: the store calls this once for each version. */
export function stampRevision(value: unknown, revision: Revision): unknown {
  const object = value as Manifest;
  return { ...object, metadata: orderMetadata(object.metadata, String(revision)) };
}

/** The kind and apiVersion of a body must be those of the address; both may be left out. */
export function checkType(kind: KindRef, object: Partial<KubeObject>): void {
  const wanted = apiVersionOf(kind);
  if (object.kind !== undefined && object.kind !== kind.kind) {
    throw new StatusError('BadRequest', `the kind in the data (${object.kind}) does not match the expected kind (${kind.kind})`);
  }
  if (object.apiVersion !== undefined && object.apiVersion !== wanted) {
    throw new StatusError(
      'BadRequest',
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
}
