import type { Manifest, ObjectMeta } from '../../model/index.ts';
import type { Caller, Place, WriteQuery, Written } from '../api.ts';
import { applyPatch } from '../patch/index.ts';
import { conflict, notFound } from '../refusals.ts';
import { put, putUpdate, type Verbs } from './commit.ts';
import { decode } from './decode.ts';
import { firstVersion } from './firstversion.ts';
import { checkNewName, checkNewNamespace } from './identity.ts';
import { askedVersion, nextVersion } from './nextversion.ts';
import { withManagedFields, writerOf } from './ownership.ts';
import { keyOfPlace } from './place.ts';
import { present } from './present.ts';

/** Server-side apply: creates what is not there. */
export function applyObject(verbs: Verbs, place: Place, applied: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const { object: decoded, warnings: told } = decode(kind, applied, query);
  const request = { applied: decoded, force: query.force ?? false, ...writerOf(verbs, place, caller) };
  const writing = { query, caller, verb: 'apply' };
  const entry = verbs.store.get(keyOfPlace(place));
  if (!entry) {
    const { object: merged, managedFields } = applyPatch({ live: undefined, ...request });
    const { object, warnings } = firstVersion(verbs, place, kind.defaults(newObject(place, merged)), query, caller);
    const found = put(verbs, kind, withManagedFields(object, managedFields), 'absent', writing);
    return { found, code: 201, warnings: [...told, ...warnings] };
  }
  const live = present(kind, entry);
  const { object: merged, managedFields } = applyPatch({ live: live.value, ...request });
  const asked = askedVersion(place, live.value, { ...merged, metadata: withUid(merged, decoded) });
  const { object, warnings } = nextVersion(verbs, place, live.value, asked, query, caller);
  const found = putUpdate(verbs, kind, live, withManagedFields(object, managedFields), writing);
  return { found, code: 200, warnings: [...told, ...warnings] };
}

/** What an apply may create: the object itself, and not one that it takes for another. */
function newObject(place: Place, merged: Manifest): Manifest {
  const { kind, subresource } = place;
  const { namespace: _, uid, ...metadata } = merged.metadata;
  if (subresource) throw notFound(kind, place.name!);
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(kind, place.name!, why);
  }
  checkNewName(place, metadata.name);
  checkNewNamespace(place, merged.metadata);
  return { ...merged, metadata: { ...metadata, ...(kind.namespaced ? { namespace: place.namespace } : {}) } };
}

const withUid = (object: Manifest, applied: Manifest): ObjectMeta => ({
  ...object.metadata,
  uid: applied.metadata.uid ?? object.metadata.uid,
});
