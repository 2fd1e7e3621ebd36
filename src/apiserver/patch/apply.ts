import { equalJson, StatusError } from '../../base/index.ts';
import type { Manifest } from '../../model/index.ts';
import { checkConfiguration } from './check.ts';
import { compareFields } from './compare.ts';
import { mergeConfiguration } from './configuration.ts';
import { conflictError, type Conflict } from './conflict.ts';
import { difference, differenceBelow, intersection, isEmptySet, NO_FIELDS, union, type FieldSet } from './fieldset.ts';
import { fieldsOf } from './owned.ts';
import { findOwner, mapFields, NOBODY, readOwners, withOwner, writeOwners, type ManagedFields, type Owner, type Owners } from './owners.ts';
import { dropNewlyEmpty, pruneFields } from './prune.ts';
import { ignoring, ownable, ownersBeforeApply, withoutManagedFields, type Writer } from './track.ts';

export interface Apply extends Writer {
  /** Undefined for an object that this apply creates. */
  readonly live: Manifest | undefined;
  /** The configuration: what the manager wants, and no more. */
  readonly applied: Manifest;
  /** Takes fields that other managers own instead of refusing. */
  readonly force: boolean;
}

export interface Applied {
  /** Before defaulting, and without managedFields. `live`'s own parts wherever nothing changed. */
  readonly object: Manifest;
  readonly managedFields: ManagedFields | undefined;
}

/**
 * Server-side apply: the manager owns what its configuration names, and no more. Throws a Conflict, with a cause for
 * each field, when that would change what another manager owns.
 */
export function applyPatch(apply: Apply): Applied {
  const { applied, shape, force } = apply;
  if (applied.metadata.managedFields) throw new StatusError('BadRequest', 'metadata.managedFields must be nil');
  checkConfiguration(applied, shape);
  const live = withoutManagedFields(apply.live);
  const owners = ownersOfLive(apply);
  const before = findOwner(owners, { ...apply, operation: 'Apply', subresource: apply.subresource });
  const fields = without(fieldsOf(applied, shape), apply.ignore);
  const others = mapFields(owners, (owner) => (owner === before ? NO_FIELDS : owner.fields));
  const merged = mergeConfiguration(live, applied, shape);
  const pruned = before ? pruneFields(merged, before.fields, union(fields, ownedBy(others)), shape) : merged;
  const next = equalJson(pruned, live) ? live : pruned;
  const { written, removed } = ignoring(compareFields(live, next, shape), apply.ignore);
  if (!force) refuseConflicts(others, written);
  const kept = mapFields(others, (owner) => difference(difference(owner.fields, written), removed));
  const time = next === live ? before?.time : apply.now;
  return {
    object: dropNewlyEmpty(next, live, shape) as Manifest,
    managedFields: writeOwners(withApplier(kept, apply, before, ownable(fields), time), apply.live?.metadata.managedFields),
  };
}

/** An object that is there and was never tracked has an owner for all of it from now on. */
function ownersOfLive({ live, ...writer }: Apply): Owners {
  const owners = readOwners(live?.metadata.managedFields) ?? NOBODY;
  return live && owners.length === 0 ? ownersBeforeApply(live, writer) : owners;
}

function withApplier(owners: Owners, apply: Apply, before: Owner | undefined, fields: FieldSet, time: string | undefined): Owners {
  if (isEmptySet(fields)) return owners;
  const { manager, apiVersion, subresource } = apply;
  if (before && before.fields === fields && before.apiVersion === apiVersion) return withOwner(owners, { ...before, time });
  return withOwner(owners, { manager, operation: 'Apply', apiVersion, subresource: subresource || undefined, time, fields });
}

function refuseConflicts(others: Owners, written: FieldSet): void {
  const conflicts: Conflict[] = [];
  for (const owner of others) {
    const fields = intersection(owner.fields, written);
    if (!isEmptySet(fields)) conflicts.push({ owner, fields });
  }
  if (conflicts.length > 0) throw conflictError(conflicts);
}

const ownedBy = (owners: Owners): FieldSet => owners.reduce<FieldSet>((all, { fields }) => union(all, fields), NO_FIELDS);

const without = (fields: FieldSet, ignore: FieldSet | undefined): FieldSet => (ignore ? differenceBelow(fields, ignore) : fields);
