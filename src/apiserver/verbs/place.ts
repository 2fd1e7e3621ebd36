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
  return { ...FIRST, ...object, kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: inOrder(object.metadata) };
}

/** Members keep the place where they came up first. */
const FIRST: Pick<Manifest, 'kind' | 'apiVersion' | 'metadata'> = { kind: '', apiVersion: '', metadata: { name: '' } };

/**
 * All metadata that is kept has the same members, also where they have no value: what reads it is fastest so. Empty texts, lists
 * and maps are none, as in Go.
 */
export function inOrder(metadata: ObjectMeta, resourceVersion = metadata.resourceVersion): ObjectMeta {
  const { generation, deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers, managedFields } = metadata;
  return {
    name: metadata.name,
    generateName: metadata.generateName || undefined,
    namespace: metadata.namespace || undefined,
    uid: metadata.uid || undefined,
    resourceVersion: resourceVersion || undefined,
    generation: generation ?? undefined,
    creationTimestamp: metadata.creationTimestamp || undefined,
    deletionTimestamp: metadata.deletionTimestamp || undefined,
    deletionGracePeriodSeconds: deletionGracePeriodSeconds ?? undefined,
    labels: isEmpty(labels) ? undefined : labels,
    annotations: isEmpty(annotations) ? undefined : annotations,
    ownerReferences: ownerReferences?.length ? ownerReferences : undefined,
    finalizers: finalizers?.length ? finalizers : undefined,
    managedFields: managedFields?.length ? managedFields : undefined,
  };
}

function isEmpty(members: object | undefined): boolean {
  for (const _ in members) return false;
  return true;
}

/** The value carrying its revision: the store calls this once for each version. */
export function stampRevision(value: unknown, revision: Revision): unknown {
  const object = value as Manifest;
  return { ...object, metadata: inOrder(object.metadata, String(revision)) };
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
