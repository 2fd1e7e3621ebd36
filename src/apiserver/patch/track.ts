import type { Manifest, Shape } from '../../model/index.ts';
import { compareFields, type Change } from './compare.ts';
import { difference, differenceBelow, fieldSet, isEmptySet, union, type FieldSet } from './fieldset.ts';
import {
  findOwner,
  foldAncient,
  mapFields,
  NOBODY,
  ownersForUpdate,
  withOwner,
  writeOwners,
  type ManagedFields,
  type Owners,
} from './owners.ts';

/** Who writes, and how. */
export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  /** As managedFields write it, without a fraction. */
  readonly now: string;
  readonly shape: Shape;
  /** Fields that this way of writing never touches, with all below them (`status` for a write to the object itself). */
  readonly ignore?: FieldSet | undefined;
}

export interface Update extends Writer {
  /** Undefined for an object that this write creates. */
  readonly before: Manifest | undefined;
  readonly after: Manifest;
}

/** What a write to an object that has a status subresource ignores. */
export const STATUS_FIELDS: FieldSet = fieldSet([['status']]);

/** What only the server writes belongs to nobody. */
const NEVER_OWNED = fieldSet([
  ['apiVersion'],
  ['kind'],
  ['metadata'],
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields', 'resourceVersion'].map(
    (name) => ['metadata', name],
  ),
]);

/** An owner without a name. */
const UNKNOWN = 'unknown';

/**
 * The managedFields after a create, put or patch: what this write changed belongs to its manager alone, what is gone
 * belongs to nobody. An object whose managedFields were given up stays without them.
 */
export function trackUpdate(update: Update): ManagedFields | undefined {
  const { before, after } = update;
  const owners = ownersForUpdate(before, after, update.subresource);
  if (before && owners.length === 0) return undefined;
  const change = ignoring(changedFields(before, after, update.shape), update.ignore);
  return writeOwners(foldAncient(changeHands(owners, change, update)), before?.metadata.managedFields);
}

function changedFields(before: Manifest | undefined, after: Manifest, shape: Shape): Change {
  const isAsBefore = before?.metadata.managedFields === after.metadata.managedFields;
  return isAsBefore ? compareFields(before, after, shape) : compareFields(withoutManagedFields(before), withoutManagedFields(after), shape);
}

/** An object that was never tracked gets one owner for all that is in it, so that an apply has something to conflict with. */
export function ownersBeforeApply(live: Manifest, writer: Writer): Owners {
  const change = ignoring(compareFields(undefined, withoutManagedFields(live), writer.shape), writer.ignore);
  return changeHands(NOBODY, change, { ...writer, manager: 'before-first-apply' });
}

function changeHands(owners: Owners, { written, removed }: Change, { manager, apiVersion, subresource, now }: Writer): Owners {
  const touched = union(written, removed);
  const others = isEmptySet(touched) ? owners : mapFields(owners, ({ fields }) => difference(fields, touched));
  const own = ownable(written);
  if (isEmptySet(own)) return others;
  const writer = { manager: manager || UNKNOWN, operation: 'Update', apiVersion, subresource: subresource || undefined } as const;
  const kept = findOwner(others, writer)?.fields;
  return withOwner(others, { ...writer, time: now, fields: kept ? union(kept, own) : own });
}

/** What can belong to somebody. */
export function ownable(fields: FieldSet): FieldSet {
  return difference(fields, NEVER_OWNED);
}

export function ignoring(change: Change, ignore: FieldSet | undefined): Change {
  if (!ignore || isEmptySet(ignore)) return change;
  return { written: differenceBelow(change.written, ignore), removed: differenceBelow(change.removed, ignore) };
}

export function withoutManagedFields(object: Manifest): Manifest;
export function withoutManagedFields(object: Manifest | undefined): Manifest | undefined;
export function withoutManagedFields(object: Manifest | undefined): Manifest | undefined {
  if (!object?.metadata.managedFields) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}
