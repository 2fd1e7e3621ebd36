import type { ManagedFieldsEntry, Manifest } from '../../model/index.ts';
import { type FieldSet, formatFields, isEmptySet, parseFields, union } from './fieldset.ts';

export type ManagedFields = readonly ManagedFieldsEntry[];

/** One manager and the fields that it owns: an entry of managedFields, with its set in hand. */
export interface Owner {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string | undefined;
  readonly time: string | undefined;
  readonly fields: FieldSet;
  /** As it was read, reused as long as nothing of it changes. */
  readonly entry?: ManagedFieldsEntry;
}

/** Owners by identity, in no order of meaning. */
export type Owners = ReadonlyMap<string, Owner>;

export const NOBODY: Owners = new Map();

/** Who is the same owner: an applier whatever version it applies, an updater for each version by itself. */
export function ownerId(owner: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = owner.operation === 'Apply' ? '' : owner.apiVersion;
  return `${owner.manager}\0${owner.operation}\0${version}\0${owner.subresource ?? ''}`;
}

/** The owners that an object names; undefined when its managedFields cannot be read. */
export function readOwners(managedFields: ManagedFields | undefined): Owners | undefined {
  if (!managedFields) return NOBODY;
  const owners = new Map<string, Owner>();
  for (const entry of managedFields) {
    const { manager = '', operation, apiVersion, subresource, time, fieldsType, fieldsV1 } = entry;
    const fields = parseFields(fieldsV1 ?? {});
    if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1' || !apiVersion || !fields) return undefined;
    const owner = { manager, operation, apiVersion, subresource, time, fields, entry };
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

/** One entry without anything in it asks for managedFields to be forgotten. */
function isReset(managedFields: ManagedFields): boolean {
  return managedFields.length === 1 && Object.keys(managedFields[0]!).length === 0;
}

/**
 * The owners that a write starts from: those that it brings along, so that they can be changed on purpose, else those of
 * the live object, so that a client that knows nothing of them loses nothing.
 */
export function ownersForUpdate(live: Manifest | undefined, next: Manifest, subresource: string | undefined): Owners {
  const brought = next.metadata.managedFields;
  const present = live?.metadata.managedFields;
  if (brought && brought !== present && !subresource) {
    if (isReset(brought)) return NOBODY;
    const owners = readOwners(brought);
    if (owners && owners.size > 0) return owners;
  }
  return readOwners(present) ?? NOBODY;
}

export function withOwner(owners: Owners, owner: Owner): Owners {
  return new Map(owners).set(ownerId(owner), owner);
}

/** Every owner with other fields; who is left with none is no owner any more. */
export function mapFields(owners: Owners, fieldsOf: (owner: Owner) => FieldSet): Owners {
  const mapped = new Map<string, Owner>();
  for (const [id, owner] of owners) {
    const fields = fieldsOf(owner);
    if (!isEmptySet(fields)) mapped.set(id, fields === owner.fields ? owner : { ...owner, fields, entry: undefined });
  }
  return mapped;
}

/** As many updaters as an object remembers. */
const MOST_UPDATERS = 10;

const ANCIENT = 'ancient-changes';

/** Folds the oldest updaters of a version into one, until few enough are left. */
export function foldAncient(owners: Owners): Owners {
  const updaters = [...owners.values()].filter(({ operation }) => operation === 'Update').toSorted(byAge);
  if (updaters.length <= MOST_UPDATERS) return owners;
  const folded = new Map(owners);
  const first = new Map<string, Owner>();
  let left = updaters.length;
  for (const owner of updaters) {
    if (left <= MOST_UPDATERS) break;
    const bucketId = ownerId({ ...owner, manager: ANCIENT, subresource: undefined });
    const earlier = first.get(owner.apiVersion);
    if (!earlier || ownerId(owner) === bucketId) {
      if (!earlier) first.set(owner.apiVersion, owner);
      continue;
    }
    const bucket = folded.get(bucketId) ?? earlier;
    if (bucket === earlier) folded.delete(ownerId(earlier));
    folded.delete(ownerId(owner));
    const fields = union(bucket.fields, owner.fields);
    folded.set(bucketId, { ...bucket, manager: ANCIENT, subresource: undefined, time: owner.time, fields, entry: undefined });
    left--;
  }
  return folded;
}

const byAge = (a: Owner, b: Owner): number => compareTexts(a.time ?? '', b.time ?? '') || compareTexts(ownerId(a), ownerId(b));

/** In the order in which Kubernetes writes entries: appliers first, then by age, then by name. */
function byEntry(a: Owner, b: Owner): number {
  return (
    compareTexts(a.operation, b.operation) ||
    compareTexts(a.time ?? '', b.time ?? '') ||
    compareTexts(a.manager, b.manager) ||
    compareTexts(a.apiVersion, b.apiVersion) ||
    compareTexts(a.subresource ?? '', b.subresource ?? '')
  );
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What goes into the object: nothing at all when nobody owns anything. `present` itself when it says the same. */
export function writeOwners(owners: Owners, present: ManagedFields | undefined): ManagedFields | undefined {
  if (owners.size === 0) return undefined;
  const entries = [...owners.values()].toSorted(byEntry).map(entryOf);
  const same = present?.length === entries.length && entries.every((entry, i) => entry === present[i]);
  return same ? present : entries;
}

/** The last entry for a set: who writes the same fields of a thousand objects in a second says it with one object. */
const lately = new Map<FieldSet, ManagedFieldsEntry>();
const MOST_LATELY = 1000;

function entryOf({ manager, operation, apiVersion, time, fields, subresource, entry }: Owner): ManagedFieldsEntry {
  if (entry && entry.time === time && entry.fieldsV1 === fields) return entry;
  const last = lately.get(fields);
  const isSameWriter = last?.manager === manager && last.operation === operation && last.apiVersion === apiVersion;
  if (isSameWriter && last.time === (time || undefined) && last.subresource === (subresource || undefined)) return last;
  const made: ManagedFieldsEntry = {
    manager,
    operation,
    apiVersion,
    ...(time ? { time } : {}),
    fieldsType: 'FieldsV1',
    fieldsV1: formatFields(fields),
    ...(subresource ? { subresource } : {}),
  };
  if (lately.size >= MOST_LATELY) lately.clear();
  lately.set(fields, made);
  return made;
}
