import { formatTime, parseTime, SYSTEM_NAMESPACE, type Kind, type Manifest, type Pod } from '../../model/index.ts';
import type { Entry } from '../../store/index.ts';
import type { Caller, Deleted, DeleteQuery, Found, FoundList, ListQuery, Place, WriteQuery } from '../api.ts';
import { conflict, forbidden } from '../refusals.ts';
import { commit, isFinished, put, unstored, type Verbs } from './commit.ts';
import { condemnDefinition } from './definition.ts';
import { hearOthers } from './heard.ts';
import { getEntry, listPlace } from './read.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';
/** Every cluster has them; ours holds the Applications and their Plans. */
const LASTING_NAMESPACES: ReadonlySet<string> = new Set(['default', 'kube-public', 'kube-system', SYSTEM_NAMESPACE]);

export function deleteObject(verbs: Verbs, place: Place, query: DeleteQuery, caller: Caller): Deleted {
  const live = getEntry(verbs.store, place);
  if (live.value.kind === 'Namespace' && LASTING_NAMESPACES.has(live.value.metadata.name)) {
    throw forbidden(place.kind, live.value.metadata.name, 'this namespace may not be deleted');
  }
  checkPreconditions(place, live, query);
  const warnings = admitDelete(verbs, place, live, query, caller);
  const writing = { query, caller, verb: 'delete' };
  const asked = marking(verbs, place.kind, live.value, query);
  const marked = live.value.metadata.deletionTimestamp ? asked : condemnDefinition(verbs, place.kind, asked);
  if (isFinished(marked)) {
    if (!query.dryRun) commit(verbs, [{ op: 'delete', key: live.key, expect: live.revision }], writing);
    return { code: 200, found: unstored(live.value, query.dryRun ? live.revision : verbs.store.revision), gone: true, warnings };
  }
  if (marked === live.value) return { code: 200, found: live, gone: false, warnings };
  return { code: 200, found: put(verbs, place.kind, marked, live.revision, writing), gone: false, warnings };
}

/** What policies and webhooks say of it, before anything is done. */
export function admitDelete(verbs: Verbs, place: Place, live: Found, query: WriteQuery, caller: Caller): readonly string[] {
  return hearOthers(verbs, place, { operation: 'DELETE', old: live.value }, query, caller);
}

export function checkPreconditions({ kind, name }: Place, live: Entry & Found, { preconditions }: DeleteQuery): void {
  const { uid, resourceVersion } = live.value.metadata;
  const { uid: wantedUid, resourceVersion: wantedVersion } = preconditions ?? {};
  // Here, and only here, Kubernetes names the kind where a resource belongs.
  const named = { group: kind.group, plural: kind.kind };
  if (wantedUid && wantedUid !== uid) {
    const why = `the UID in the precondition (${wantedUid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(named, name!, why);
  }
  if (wantedVersion && wantedVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${wantedVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(named, name!, why);
  }
}

/** The object marked as going, with the finalizers that its propagation asks for; the same object when nothing changes. */
function marking(verbs: Verbs, kind: Kind, object: Manifest, query: DeleteQuery): Manifest {
  const { metadata } = object;
  const grace = graceOf(object, query);
  const finalizers = finalizersOf(kind, metadata.finalizers ?? [], query);
  const sameFinalizers =
    finalizers.length === (metadata.finalizers?.length ?? 0) && finalizers.every((f) => metadata.finalizers?.includes(f));
  if (metadata.deletionTimestamp) {
    const shorter = grace < (metadata.deletionGracePeriodSeconds ?? 0);
    if (!shorter && sameFinalizers) return object;
    const began = parseTime(metadata.deletionTimestamp)! - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    return {
      ...object,
      metadata: {
        ...metadata,
        ...(shorter
          ? { deletionTimestamp: formatTime(Math.max(began + grace * 1000, verbs.clock.now())), deletionGracePeriodSeconds: grace }
          : {}),
        finalizers,
      },
    };
  }
  const generation = metadata.generation === undefined ? {} : { generation: metadata.generation + 1 };
  const marks = { ...generation, deletionTimestamp: formatTime(verbs.clock.now() + grace * 1000), finalizers };
  if (object.kind !== 'Namespace') {
    return { ...object, metadata: { ...metadata, ...marks, deletionGracePeriodSeconds: grace } };
  }
  const status = { ...(object['status'] as object), phase: 'Terminating' };
  return { ...object, metadata: { ...metadata, ...marks }, status } as Manifest;
}

/** Only pods have grace; one that runs nowhere, or no longer, has none. */
function graceOf(object: Manifest, { gracePeriodSeconds }: DeleteQuery): number {
  if (object.kind !== 'Pod') return 0;
  const { spec, status } = object as unknown as Pod;
  if (!spec.nodeName || status?.phase === 'Succeeded' || status?.phase === 'Failed') return 0;
  const seconds = gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  return seconds < 0 ? 1 : seconds;
}

function finalizersOf(kind: Kind, present: readonly string[], query: DeleteQuery): readonly string[] {
  const others = present.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  const policy = askedPolicy(query) ?? (kind.leavesDependents && others.length === present.length ? 'Orphan' : undefined);
  if (!policy) return present;
  if (policy === 'Orphan') return [...others, ORPHAN];
  return policy === 'Foreground' ? [...others, FOREGROUND] : others;
}

function askedPolicy({ propagationPolicy, orphanDependents }: DeleteQuery): DeleteQuery['propagationPolicy'] {
  if (orphanDependents === undefined) return propagationPolicy;
  return orphanDependents ? 'Orphan' : 'Background';
}

export function deleteCollection(verbs: Verbs, place: Place, query: ListQuery & DeleteQuery, caller: Caller): FoundList {
  const list = listPlace(verbs.store, place, query);
  const items = list.items.map((found) => {
    const { name, namespace } = found.value.metadata;
    return { place: { ...place, name, namespace }, found };
  });
  // All of them first: what is deleted is not deleted again when the answers are there.
  for (const { place, found } of items) admitDelete(verbs, place, found, query, caller);
  for (const { place } of items) deleteObject(verbs, place, { ...query, hearing: undefined, exempt: true }, caller);
  return { ...list, revision: verbs.store.revision };
}
