import { equalJson, isRecord } from '../../base/index.ts';
import {
  getPath,
  splitApiVersion,
  withPath,
  type FieldPath,
  type FieldsV1,
  type IgnoreRule,
  type ManagedFieldsEntry,
  type Manifest,
} from '../../model/index.ts';
import { parseField } from '../lint/faults.ts';
import { MANAGER } from './changes.ts';

/**
 * The manifest with the fields left to others as they are in the cluster. A field that another manager owns is not
 * applied at all, so that its next change concerns us no more; one that we alone own is applied as it is, also where the
 * manifest says it no more, or the server would remove it.
 */
export function withoutIgnored(manifest: Manifest, live: Manifest, rules: readonly IgnoreRule[]): Manifest {
  let left = manifest;
  for (const path of fieldsOfOthers(live, rules)) {
    const value = getPath(live, path);
    if (value === undefined || (getPath(left, path) === undefined && !isAloneOurs(live, left, path))) continue;
    left = withPath(left, path, isOwnedByOthers(live, path) ? undefined : value);
  }
  return left;
}

/** The fields of an object that are left to others. */
export function fieldsOfOthers(live: Manifest, rules: readonly IgnoreRule[]): readonly FieldPath[] {
  const fitting = rules.filter((rule) => fits(rule, live));
  const named = fitting.flatMap(({ fields = [] }) => fields.map(parseField));
  const managed = fitting.flatMap(({ managers = [] }) => managers.flatMap((manager) => fieldsOf(live, manager)));
  return [...named, ...managed];
}

function fits({ group, kind, namespace, name }: IgnoreRule, object: Manifest): boolean {
  return (
    (group === undefined || group === splitApiVersion(object.apiVersion).group) &&
    (kind === undefined || kind === object.kind) &&
    (namespace === undefined || namespace === object.metadata.namespace) &&
    (name === undefined || name === object.metadata.name)
  );
}

function isOwnedByOthers(live: Manifest, path: FieldPath): boolean {
  const managers = new Set((live.metadata.managedFields ?? []).flatMap(({ manager }) => (manager === MANAGER ? [] : [manager])));
  return [...managers].some((manager) => fieldsOf(live, manager).some((owned) => equalJson(owned, path)));
}

/** Taken out of the manifest, whose map around it stays. */
function isAloneOurs(live: Manifest, manifest: Manifest, path: FieldPath): boolean {
  const isOurs = () => fieldsOf(live, MANAGER).some((owned) => equalJson(owned, path));
  return isRecord(getPath(manifest, path.slice(0, -1))) && isOurs() && !isOwnedByOthers(live, path);
}

/** The fields that a manager owns, as paths into the object. */
export function fieldsOf(live: Manifest, manager: string): readonly FieldPath[] {
  return (live.metadata.managedFields ?? []).flatMap((entry) =>
    entry.manager === manager && entry.subresource !== 'status' ? fieldsOfEntry(entry, live) : [],
  );
}

/** What one entry of the owners is about, as far as the object has it. */
export function fieldsOfEntry({ fieldsV1 }: ManagedFieldsEntry, live: Manifest): readonly FieldPath[] {
  return leavesOf(fieldsV1, live, []);
}

function leavesOf(fields: FieldsV1 | undefined, value: unknown, path: FieldPath): readonly FieldPath[] {
  return Object.entries(fields ?? {}).flatMap(([key, below]) => {
    if (key === '.') return [];
    const step = stepOf(key, value);
    if (step === undefined) return [];
    const at = [...path, step];
    const inner = below as FieldsV1;
    if (Object.keys(inner).length === 0) return [at];
    return leavesOf(inner, (value as Record<string, unknown>)[step], at);
  });
}

/** `f:name` is a field, `k:{…}` the item with these members, `v:…` the item of this value. */
function stepOf(key: string, value: unknown): string | number | undefined {
  const [sort, text] = [key.slice(0, 2), key.slice(2)];
  if (sort === 'f:') return isRecord(value) && text in value ? text : undefined;
  if (!Array.isArray(value)) return undefined;
  const wanted: unknown = JSON.parse(text);
  const at = value.findIndex((item) =>
    sort === 'k:' && isRecord(wanted) && isRecord(item)
      ? Object.entries(wanted).every(([name, member]) => equalJson(item[name], member))
      : equalJson(item, wanted),
  );
  return at < 0 ? undefined : at;
}
