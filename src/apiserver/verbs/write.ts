import { randomSuffix, randomUid, StatusError } from '../../base/index.ts';
import { apiVersionOf, formatTime, type Kind, type Manifest, type ObjectMeta } from '../../model/index.ts';
import type { Entry } from '../../store/index.ts';
import type { Caller, Found, PatchBody, Place, WriteQuery, Written } from '../api.ts';
import { judge, mutate, type AdmissionRequest } from '../admission/index.ts';
import { applyPatch, jsonPatch, mergePatch, STATUS_FIELDS, strategicMergePatch, trackUpdate } from '../patch/index.ts';
import { conflict, MODIFIED, notCreatable, notFound, notStrategic } from '../refusals.ts';
import { allocateService } from './allocate.ts';
import { put, putUpdate, type Verbs } from './commit.ts';
import { badPatch } from './badpatch.ts';
import { check, decode } from './decode.ts';
import { settleDefinition, warningsOfDefinition } from './definition.ts';
import { keyOfPlace, normalize } from './place.ts';
import { present } from './present.ts';
import { getEntry } from './read.ts';
import { surroundingsOf } from './surroundings.ts';
import type { Pool } from './taken.ts';

const LONGEST_GENERATED_BASE = 58;

/** How often a generated name may collide before the caller hears of it. */
const NAME_TRIES = 8;

export function createObject(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const { object: decoded, warnings } = decode(kind, body, query);
  if (decoded.metadata.resourceVersion) throw new StatusError('BadRequest', 'resourceVersion should not be set on objects to be created');
  const generated = !decoded.metadata.name && decoded.metadata.generateName;
  for (let attempt = 1; ; attempt++) {
    const asked = kind.defaults(name(verbs, place, decoded));
    const begotten = beget(verbs, place, asked, query, caller);
    const object = managed(verbs, place, undefined, asked, begotten.object, caller);
    try {
      const found = put(verbs, kind, object, 'absent', query, caller, 'create');
      return { found, code: 201, warnings: [...warnings, ...begotten.warnings] };
    } catch (error) {
      if (!generated || attempt === NAME_TRIES || !(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  }
}

/** A version that admission let through, and what it said. */
interface Admitted {
  readonly object: Manifest;
  readonly warnings: readonly string[];
}

/** The first version of what was asked for: all but its managed fields. */
function beget(verbs: Verbs, { kind }: Place, asked: Manifest, query: WriteQuery, caller: Caller): Admitted {
  if (!kind.verbs.includes('create')) throw notCreatable(kind);
  const make = (admitted: Manifest) =>
    allocateService(poolOf(verbs, query), kind, normalize(kind, kind.prepareCreate(bear(verbs, kind, admitted))));
  return admit(verbs, { kind, object: asked, operation: 'create', caller }, query, make);
}

function poolOf({ store, serviceRange, random }: Verbs, { dryRun = false }: WriteQuery): Pool {
  return { store, range: serviceRange, random, dryRun };
}

/** Admission around what the server makes of a request: first it may change what is asked for, then it judges what came of it. */
function admit(verbs: Verbs, request: AdmissionRequest, query: WriteQuery, make: (asked: Manifest) => Manifest): Admitted {
  const { kind, old } = request;
  const around = surroundingsOf(verbs);
  const made = make(mutate(request, around));
  verbs.guard?.({ ...request, object: made });
  if (!query.trusted) check(kind, made, old);
  const object = settleDefinition(verbs, kind, made);
  return {
    object,
    warnings: [...kind.warnings(object, old), ...judge({ ...request, object }, around), ...warningsOfDefinition(kind, object)],
  };
}

function name(verbs: Verbs, place: Place, object: Manifest): Manifest {
  const { metadata } = object;
  const base = metadata.generateName;
  const name = metadata.name || (base ? base.slice(0, LONGEST_GENERATED_BASE) + randomSuffix(verbs.random) : '');
  if (place.name && name !== place.name) throw nameMismatch(place.name, name);
  if (place.kind.namespaced && metadata.namespace && metadata.namespace !== place.namespace) {
    throw new StatusError('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request');
  }
  const { namespace: _, ...rest } = metadata;
  return { ...object, metadata: { ...rest, name, ...(place.kind.namespaced ? { namespace: place.namespace } : {}) } };
}

function nameMismatch(asked: string, given: string): StatusError {
  return new StatusError('BadRequest', `the name of the object (${given}) does not match the name on the URL (${asked})`);
}

/** With what only the server says of a new object: the rest of what it begins with may be made of it. */
function bear(verbs: Verbs, kind: Kind, object: Manifest): Manifest {
  const {
    resourceVersion: _r,
    deletionTimestamp: _d,
    deletionGracePeriodSeconds: _g,
    managedFields: _m,
    generation: _n,
    ...rest
  } = object.metadata;
  const metadata: ObjectMeta = {
    ...rest,
    uid: randomUid(verbs.random),
    creationTimestamp: formatTime(verbs.clock.now()),
    ...(kind.raisesGeneration ? { generation: 1 } : {}),
  };
  return { ...object, metadata };
}

export function updateObject(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const live = getEntry(verbs.store, place);
  const { object, warnings } = decode(place.kind, body, query);
  return replace(verbs, place, live, object, query, caller, { verb: 'update', warnings });
}

export function patchObject(verbs: Verbs, place: Place, patch: PatchBody, query: WriteQuery, caller: Caller): Written {
  if (patch.type === 'apply') return applyObject(verbs, place, patch.object, query, caller);
  const live = getEntry(verbs.store, place);
  const patched = patchedValue(place.kind, live.value, patch);
  const { object, warnings } = decode(place.kind, patched, query, badPatch(place.kind, patch, patched));
  return replace(verbs, place, live, object, query, caller, { verb: 'patch', warnings });
}

export function patchedValue(kind: Kind, value: Manifest, patch: Exclude<PatchBody, { type: 'apply' }>): Manifest {
  switch (patch.type) {
    case 'json':
      return jsonPatch(value, patch.operations) as Manifest;
    case 'merge':
      return mergePatch(value, patch.patch) as Manifest;
    case 'strategic':
      if ('custom' in kind.schema) throw notStrategic();
      return strategicMergePatch(value, patch.patch, kind.shape()) as Manifest;
  }
}

function replace(
  verbs: Verbs,
  place: Place,
  live: Entry & Found,
  wanted: Manifest,
  query: WriteQuery,
  caller: Caller,
  { verb, warnings }: { verb: string; warnings: readonly string[] },
): Written {
  const asked = ask(place, live.value, wanted);
  const next = succeed(verbs, place, live.value, asked, query, caller);
  const object = managed(verbs, place, live.value, asked, next.object, caller);
  return { found: putUpdate(verbs, place.kind, live, object, query, caller, verb), code: 200, warnings: [...warnings, ...next.warnings] };
}

/**
 * The version with its managed fields: what the caller asked for and was not so before belongs to its manager from now on.
 * What the server adds afterwards (addresses, times, a status) belongs to nobody.
 */
export function managed(
  verbs: Verbs,
  place: Place,
  before: Manifest | undefined,
  asked: Manifest,
  object: Manifest,
  caller: Caller,
): Manifest {
  return withManagedFields(object, trackUpdate({ before, after: asked, ...writer(verbs, place, caller) }));
}

/** What a caller's wish comes to, once it is told apart from what no caller can change. */
function ask({ kind, subresource }: Place, old: Manifest, wanted: Manifest): Manifest {
  const { metadata } = wanted;
  if (metadata.name && metadata.name !== old.metadata.name) throw nameMismatch(old.metadata.name, metadata.name);
  if (metadata.uid && metadata.uid !== old.metadata.uid) {
    throw conflict(
      kind,
      old.metadata.name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (metadata.resourceVersion && metadata.resourceVersion !== old.metadata.resourceVersion)
    throw conflict(kind, old.metadata.name, MODIFIED);
  return subresource === 'status' ? withStatusOf(old, wanted) : kind.defaults(withServerMetadata(wanted, old));
}

/** The next version of a live object: all but its managed fields. What has a door of its own was admitted with the object. */
function succeed(verbs: Verbs, { kind, subresource }: Place, old: Manifest, asked: Manifest, query: WriteQuery, caller: Caller): Admitted {
  const make = (admitted: Manifest) => {
    const next = subresource === 'status' ? admitted : withGeneration(kind, kind.prepareUpdate(admitted, old), old);
    return allocateService(poolOf(verbs, query), kind, normalize(kind, next), old);
  };
  if (!subresource) return admit(verbs, { kind, object: asked, old, operation: 'update', caller }, query, make);
  const object = make(asked);
  if (!query.trusted) check(kind, object, old);
  return { object, warnings: [] };
}

/** A write to `status` changes nothing else but annotations: controllers keep notes there beside what they report. */
function withStatusOf(old: Manifest, wanted: Manifest): Manifest {
  const { status: _, ...rest } = old;
  const metadata = { ...old.metadata, annotations: wanted.metadata.annotations };
  return { ...rest, metadata, ...(wanted['status'] === undefined ? {} : { status: wanted['status'] }) };
}

/** What no caller can change. */
function withServerMetadata(wanted: Manifest, old: Manifest): Manifest {
  const {
    uid,
    creationTimestamp,
    generation,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    resourceVersion,
    namespace,
    name,
    generateName,
  } = old.metadata;
  return {
    ...wanted,
    metadata: {
      ...wanted.metadata,
      name,
      namespace,
      generateName,
      uid,
      creationTimestamp,
      generation,
      deletionTimestamp,
      deletionGracePeriodSeconds,
      resourceVersion,
    },
  };
}

function withGeneration(kind: Kind, object: Manifest, old: Manifest): Manifest {
  if (!kind.raisesGeneration?.(object, old)) return object;
  return { ...object, metadata: { ...object.metadata, generation: (old.metadata.generation ?? 0) + 1 } };
}

/** Server-side apply: creates what is not there. */
function applyObject(verbs: Verbs, place: Place, applied: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const entry = verbs.store.get(keyOfPlace(place));
  const live = entry && present(kind, entry);
  const { object: decoded, warnings } = decode(kind, applied, query);
  const request = { applied: decoded, force: query.force ?? false, ...writer(verbs, place, caller) };
  if (!live) {
    if (place.subresource) throw notFound(kind, place.name!);
    if (decoded.metadata.uid) {
      const why = `uid mismatch: the provided object specified uid ${decoded.metadata.uid}, and no existing object was found`;
      throw conflict(kind, place.name!, why);
    }
    const { object: merged, managedFields } = applyPatch({ live: undefined, ...request });
    const begotten = beget(verbs, place, kind.defaults(name(verbs, place, merged)), query, caller);
    const found = put(verbs, kind, withManagedFields(begotten.object, managedFields), 'absent', query, caller, 'apply');
    return { found, code: 201, warnings: [...warnings, ...begotten.warnings] };
  }
  const { object: merged, managedFields } = applyPatch({ live: live.value, ...request });
  const asked = ask(place, live.value, { ...merged, metadata: withUid(merged, decoded) });
  const next = succeed(verbs, place, live.value, asked, query, caller);
  const found = putUpdate(verbs, kind, live, withManagedFields(next.object, managedFields), query, caller, 'apply');
  return { found, code: 200, warnings: [...warnings, ...next.warnings] };
}

const withUid = (object: Manifest, applied: Manifest): ObjectMeta => ({
  ...object.metadata,
  uid: applied.metadata.uid ?? object.metadata.uid,
});

function withManagedFields(object: Manifest, managedFields: ObjectMeta['managedFields']): Manifest {
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

/** In whose name fields are owned. A write to the object itself owns nothing of a status that has its own door. */
function writer(verbs: Verbs, { kind, subresource }: Place, { manager }: Caller) {
  const ignore = !subresource && kind.subresources.includes('status') ? STATUS_FIELDS : undefined;
  return { manager, apiVersion: apiVersionOf(kind), subresource, now: formatTime(verbs.clock.now()), shape: kind.shape(), ignore };
}
