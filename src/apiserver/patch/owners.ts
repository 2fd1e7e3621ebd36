import { Memory, oncePerObject } from '../../base/index.ts';
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

/** Each owner once, in no order of meaning. */
export type Owners = readonly Owner[];

export const NOBODY: Owners = [];

type Identity = Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** Who is the same owner: an applier whatever version it applies, an updater for each version by itself. */
function isSameOwner(a: Identity, b: Identity): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion) &&
    (a.subresource ?? '') === (b.subresource ?? '')
  );
}

export function findOwner(owners: Owners, wanted: Identity): Owner | undefined {
  for (const owner of owners) if (isSameOwner(owner, wanted)) return owner;
  return undefined;
}

/** The owners that an object names; undefined when its managedFields cannot be read. */
export function readOwners(managedFields: ManagedFields | undefined): Owners | undefined {
  if (!managedFields) return NOBODY;
  let owners: Owners = NOBODY;
  for (const entry of managedFields) {
    const { manager = '', operation, apiVersion, subresource, time, fieldsType, fieldsV1 } = entry;
    const fields = parseFields(fieldsV1 ?? {});
    if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1' || !apiVersion || !fields) return undefined;
    owners = withOwner(owners, { manager, operation, apiVersion, subresource, time, fields, entry });
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
    if (owners && owners.length > 0) return owners;
  }
  return readOwners(present) ?? NOBODY;
}

/** With this owner in the place of the one that it is the same as. */
export function withOwner(owners: Owners, owner: Owner): Owners {
  const at = owners.findIndex((other) => isSameOwner(other, owner));
  return at < 0 ? [...owners, owner] : owners.with(at, owner);
}

/** Every owner with other fields; who is left with none is no owner any more. */
export function mapFields(owners: Owners, fieldsOf: (owner: Owner) => FieldSet): Owners {
  const mapped: Owner[] = [];
  for (const owner of owners) {
    const fields = fieldsOf(owner);
    if (!isEmptySet(fields)) mapped.push(fields === owner.fields ? owner : { ...owner, fields, entry: undefined });
  }
  return mapped;
}

/** As many updaters as an object remembers. */
const MOST_UPDATERS = 10;

const ANCIENT = 'ancient-changes';

/** Folds the oldest updaters of a version into one, until few enough are left. */
export function foldAncient(owners: Owners): Owners {
  if (owners.length <= MOST_UPDATERS) return owners;
  const updaters = owners.filter(({ operation }) => operation === 'Update').toSorted(byAge);
  let folded = owners;
  const first = new Map<string, Owner>();
  let left = updaters.length;
  for (const owner of updaters) {
    if (left <= MOST_UPDATERS) break;
    const ancient = { ...owner, manager: ANCIENT, subresource: undefined };
    const earlier = first.get(owner.apiVersion);
    if (!earlier || isSameOwner(owner, ancient)) {
      if (!earlier) first.set(owner.apiVersion, owner);
      continue;
    }
    const bucket = findOwner(folded, ancient) ?? earlier;
    folded = folded.filter((other) => other !== owner && other !== bucket);
    folded = [...folded, { ...bucket, ...ancient, time: owner.time, fields: union(bucket.fields, owner.fields), entry: undefined }];
    left--;
  }
  return folded;
}

const byAge = (a: Owner, b: Owner): number =>
  compareTexts(a.time ?? '', b.time ?? '') ||
  compareTexts(a.manager, b.manager) ||
  compareTexts(a.apiVersion, b.apiVersion) ||
  compareTexts(a.subresource ?? '', b.subresource ?? '');

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

function isOrdered(owners: Owners): boolean {
  for (let i = 1; i < owners.length; i++) if (byEntry(owners[i - 1]!, owners[i]!) > 0) return false;
  return true;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What goes into the object: nothing at all when nobody owns anything. `present` itself when it says the same. */
export function writeOwners(owners: Owners, present: ManagedFields | undefined): ManagedFields | undefined {
  if (owners.length === 0) return undefined;
  if (owners.length === 1) return alone(entryOf(owners[0]!), present);
  const entries = (isOrdered(owners) ? owners : owners.toSorted(byEntry)).map(entryOf);
  const same = present?.length === entries.length && entries.every((entry, i) => entry === present[i]);
  return same ? present : entries;
}

/** Objects that one writer made in one second with the same fields share even the list. */
const listOf = oncePerObject((entry: ManagedFieldsEntry): ManagedFields => [entry]);

function alone(entry: ManagedFieldsEntry, present: ManagedFields | undefined): ManagedFields {
  return present?.length === 1 && present[0] === entry ? present : listOf(entry);
}

/** The last entry for a set: who writes the same fields of a thousand objects in a second says it with one object. */
const lately = new Memory<FieldSet, ManagedFieldsEntry>(1000);

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
  lately.set(fields, made);
  return made;
}
