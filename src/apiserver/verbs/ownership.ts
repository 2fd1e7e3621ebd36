import { oncePerObject } from '../../base/index.ts';
import { apiVersionOf, formatTime, type FieldPath, type Kind, type Manifest, type ObjectMeta } from '../../model/index.ts';
import type { Caller, Place } from '../api.ts';
import { fieldSet, STATUS_FIELDS, trackUpdate, type FieldSet, type Writer } from '../patch/index.ts';
import type { Verbs } from './commit.ts';

interface Tracked {
  readonly before: Manifest | undefined;
  /** What the caller asked for. */
  readonly asked: Manifest;
  /** What the server made of it. */
  readonly made: Manifest;
}

/**
 * The version with its managed fields: what the caller asked for and was not so before belongs to its manager from now on.
 * What the server adds afterwards (addresses, times, a status) belongs to nobody.
 */
export function trackWrite(verbs: Verbs, place: Place, caller: Caller, { before, asked, made }: Tracked): Manifest {
  return withManagedFields(made, trackUpdate({ before, after: asked, ...writerOf(verbs, place, caller) }));
}

export function withManagedFields(object: Manifest, managedFields: ObjectMeta['managedFields']): Manifest {
  return { ...object, metadata: { ...object.metadata, managedFields } };
}

const NOTHING: readonly FieldPath[] = [];
const fieldsAt = oncePerObject((paths: readonly FieldPath[]) => fieldSet(paths));
const besideStatus = oncePerObject((kept: Kind['statusKeeps']) => fieldSet([['spec'], ...kept.map((field) => ['metadata', field])]));

/** A write to the object itself owns nothing of a status that has its own door, and the other way round. */
function unownedOf({ kind, subresource = '' }: Place): FieldSet | undefined {
  if (kind.unowned) return fieldsAt(kind.unowned[subresource] ?? NOTHING);
  if (subresource === 'status') return besideStatus(kind.statusKeeps);
  return !subresource && kind.subresources.includes('status') ? STATUS_FIELDS : undefined;
}

/** In whose name fields are owned. */
export function writerOf(verbs: Verbs, place: Place, { manager }: Caller): Writer {
  const { kind, subresource } = place;
  return {
    manager,
    apiVersion: apiVersionOf(kind),
    subresource,
    now: formatTime(verbs.clock.now()),
    shape: kind.shape(),
    ignore: unownedOf(place),
  };
}
