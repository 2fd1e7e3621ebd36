import { StatusError } from '../../base/index.ts';
import { apiVersionOf, type Kind, type Manifest, type ObjectMeta } from '../../model/index.ts';
import type { Caller, Place, WriteQuery, Written } from '../api.ts';
import { applyPatch, undeclaredFields } from '../patch/index.ts';
import { conflict, notFound } from '../refusals.ts';
import { put, putUpdate, type Verbs } from './commit.ts';
import { decode, strayFields } from './decode.ts';
import { firstVersion } from './firstversion.ts';
import { checkNewName, checkNewNamespace } from './identity.ts';
import { askedVersion, nextVersion } from './nextversion.ts';
import { trackWrite, withManagedFields, writerOf } from './ownership.ts';
import { keyOfPlace } from './place.ts';
import { present } from './present.ts';

/** Server-side apply: creates what is not there. */
export function applyObject(verbs: Verbs, place: Place, applied: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const writing = { query, caller, verb: 'apply' };
  const entry = verbs.store.get(keyOfPlace(place));
  if (!entry) {
    const { asked, managedFields, told } = firstAsked(verbs, place, applied, query, caller);
    const { object, warnings } = firstVersion(verbs, place, asked, query, caller);
    const made = withNote(verbs, place, withManagedFields(object, managedFields), query, caller);
    const found = put(verbs, kind, made, 'absent', writing);
    return { found, code: 201, warnings: [...told, ...warnings] };
  }
  const { object: decoded, warnings: told } = decodeApplied(kind, applied, query);
  const request = { applied: decoded, force: query.force ?? false, ...writerOf(verbs, place, caller) };
  const live = present(kind, entry);
  const { object: merged, managedFields } = applyPatch({ live: live.value, ...request });
  const asked = askedVersion(place, live.value, { ...merged, metadata: withUid(merged, decoded) });
  const { object, warnings } = nextVersion(verbs, place, live.value, asked, query, caller);
  const made = withNote(verbs, place, withManagedFields(object, managedFields), query, caller);
  const found = putUpdate(verbs, kind, live, made, writing);
  return { found, code: 200, warnings: [...told, ...warnings] };
}

function decodeApplied(kind: Kind, applied: Manifest, query: WriteQuery) {
  const expected = apiVersionOf(kind);
  if (applied.apiVersion !== undefined && applied.apiVersion !== expected) {
    const versions = `Specified patch version: ${applied.apiVersion}, expected: ${expected}`;
    throw new StatusError('BadRequest', `Incorrect version specified in apply patch. ${versions}`);
  }
  const unchecked = { ...query, strayFields: undefined };
  const { object } = decode(kind, applied, unchecked, undefined, (paths) => undeclaredFields(applied, kind.shape(), paths));
  return { object, warnings: strayFields(query, [], twiceInYaml) };
}

const twiceInYaml = (texts: readonly string[]) =>
  new StatusError('BadRequest', `error strict decoding YAML: error converting YAML to JSON: ${texts.join(', ')}`);

/** What an apply asks for where nothing is there yet. */
interface Asked {
  readonly kind: Kind;
  readonly manager: string;
  readonly asked: Manifest;
  readonly managedFields: ObjectMeta['managedFields'];
  readonly told: readonly string[];
}

/** What dry runs understood and had nothing to say of: a write that brings the same object finds it read, merged and defaulted. */
const understood = new WeakMap<Manifest, Asked>();

function firstAsked(verbs: Verbs, place: Place, applied: Manifest, query: WriteQuery, caller: Caller): Asked {
  const { kind } = place;
  const writer = writerOf(verbs, place, caller);
  const known = understood.get(applied);
  if (known) understood.delete(applied);
  if (known?.kind === kind && known.manager === caller.manager) {
    return { ...known, managedFields: known.managedFields?.map((entry) => ({ ...entry, time: writer.now })) };
  }
  const { object: decoded, warnings: told } = decodeApplied(kind, applied, query);
  const { object: merged, managedFields } = applyPatch({ live: undefined, applied: decoded, force: false, ...writer });
  const found = { kind, manager: caller.manager, asked: kind.defaults(newObject(place, merged)), managedFields, told };
  if (query.dryRun && told.length === 0) understood.set(applied, found);
  return found;
}

/** With what another manager writes along, as if it had come right after: nobody sees the object without it. */
function withNote(verbs: Verbs, place: Place, before: Manifest, { note, dryRun }: WriteQuery, caller: Caller): Manifest {
  if (!note || dryRun) return before;
  const annotations = { ...before.metadata.annotations, ...note.annotations };
  const noted = { ...before, metadata: { ...before.metadata, annotations } };
  return trackWrite(verbs, place, { ...caller, manager: note.manager }, { before, asked: noted, made: noted });
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
