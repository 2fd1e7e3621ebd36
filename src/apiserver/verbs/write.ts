import { randomSuffix, StatusError } from '../../base/index.ts';
import { invalidObject, type Kind, type Manifest } from '../../model/index.ts';
import type { Entry } from '../../store/index.ts';
import type { Caller, Found, PatchBody, Place, WriteQuery, Written } from '../api.ts';
import { jsonPatch, mergePatch, strategicMergePatch } from '../patch/index.ts';
import { notStrategic } from '../refusals.ts';
import { applyObject } from './apply.ts';
import { put, putUpdate, type Verbs, type Writing } from './commit.ts';
import { badPatch } from './badpatch.ts';
import { decode } from './decode.ts';
import { firstVersion } from './firstversion.ts';
import { checkNewName, checkNewNamespace, checkUid, namesRevision } from './identity.ts';
import { askedVersion, nextVersion } from './nextversion.ts';
import { trackWrite } from './ownership.ts';
import { withOwnersOnce } from './ownerreferences.ts';
import { inOrder, keyOfPlace } from './place.ts';
import { getEntry } from './read.ts';

const LONGEST_GENERATED_BASE = 58;

/** How often a generated name may collide before the caller hears of it. */
const NAME_TRIES = 8;

export function createObject(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { kind } = place;
  const { object: decoded, warnings } = decodeSent(kind, body, query);
  if (decoded.metadata.resourceVersion) throw new StatusError('BadRequest', 'resourceVersion should not be set on objects to be created');
  const generated = !decoded.metadata.name && decoded.metadata.generateName;
  for (let attempt = 1; ; attempt++) {
    const asked = kind.defaults(named(verbs, place, decoded));
    const first = firstVersion(verbs, place, asked, query, caller);
    const object = trackWrite(verbs, place, caller, { before: undefined, asked, made: first.object });
    try {
      const found = put(verbs, kind, object, 'absent', { query, caller, verb: 'create' });
      return { found, code: 201, warnings: [...warnings, ...first.warnings] };
    } catch (error) {
      if (!generated || attempt === NAME_TRIES || !(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
    }
  }
}

function decodeSent(kind: Kind, body: Manifest, query: WriteQuery): ReturnType<typeof decode> {
  const decoded = decode(kind, body, query);
  const { object, warnings } = withOwnersOnce(decoded.object);
  return object === decoded.object ? decoded : { object, warnings: [...decoded.warnings, ...warnings] };
}

function named(verbs: Verbs, place: Place, object: Manifest): Manifest {
  const { name: given, generateName: base } = object.metadata;
  const name = given || (base ? base.slice(0, LONGEST_GENERATED_BASE) + randomSuffix(verbs.random) : '');
  checkNewName(place, name);
  checkNewNamespace(place, object.metadata);
  const namespace = place.kind.namespaced ? place.namespace : undefined;
  return { ...object, metadata: { ...inOrder(object.metadata), name, namespace } };
}

export function updateObject(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  if (place.kind.createdByUpdate && !place.subresource && !verbs.store.get(keyOfPlace(place))) {
    return createByUpdate(verbs, place, body, query, caller);
  }
  const live = getEntry(verbs.store, place);
  const { object, warnings } = decodeSent(place.kind, body, query);
  if (place.kind.needsRevision && !query.trusted && !namesRevision(object.metadata)) throw withoutRevision(place);
  checkUid(place, live.value, object);
  return replace(verbs, place, live, object, warnings, { query, caller, verb: 'update' });
}

/** A version of what has gone means nothing; an object of its own is another. */
function createByUpdate(verbs: Verbs, place: Place, body: Manifest, query: WriteQuery, caller: Caller): Written {
  const { resourceVersion: _, ...metadata } = body.metadata;
  checkUid(place, { ...body, metadata: { name: place.name!, uid: '' } }, body);
  return createObject(verbs, place, { ...body, metadata }, query, caller);
}

/** Kubernetes names the resource here where it names the kind elsewhere. */
function withoutRevision({ kind, name }: Place): StatusError {
  const message = 'Invalid value: 0: must be specified for an update';
  return invalidObject({ ...kind, kind: kind.plural }, name, [
    { reason: 'FieldValueInvalid', path: ['metadata', 'resourceVersion'], message },
  ]);
}

export function patchObject(verbs: Verbs, place: Place, patch: PatchBody, query: WriteQuery, caller: Caller): Written {
  if (patch.type === 'apply') return applyObject(verbs, place, patch.object, query, caller);
  const live = getEntry(verbs.store, place);
  const patched = patchedValue(place.kind, live.value, patch);
  const { object, warnings } = decode(place.kind, patched, query, badPatch(place.kind, patch, patched));
  return replace(verbs, place, live, object, warnings, { query, caller, verb: 'patch' });
}

function patchedValue(kind: Kind, value: Manifest, patch: Exclude<PatchBody, { type: 'apply' }>): Manifest {
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
  warnings: readonly string[],
  writing: Writing,
): Written {
  const { query, caller } = writing;
  const asked = askedVersion(place, live.value, wanted);
  const next = nextVersion(verbs, place, live.value, asked, query, caller);
  const object = trackWrite(verbs, place, caller, { before: live.value, asked, made: next.object });
  return { found: putUpdate(verbs, place.kind, live, object, writing), code: 200, warnings: [...warnings, ...next.warnings] };
}
