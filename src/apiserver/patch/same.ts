import { equalJson } from '../../base/index.ts';
import type { ManagedFieldsEntry, Manifest } from '../../model/index.ts';

/** Whether two versions of an object say the same, whenever who wrote it: such a write changes nothing and is none. */
export function sameIgnoringManagedFieldsTime(a: Manifest, b: Manifest): boolean {
  if (a === b) return true;
  const [aFields, bFields] = [a.metadata.managedFields ?? [], b.metadata.managedFields ?? []];
  if (aFields.length !== bFields.length || !aFields.every((entry, i) => sameEntry(entry, bFields[i]!))) return false;
  // Most writes differ in what they were made for.
  for (const name in b) if (name !== 'metadata' && !equalJson(a[name], b[name])) return false;
  return equalJson(bare(a), bare(b));
}

function sameEntry(a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean {
  return a === b || equalJson({ ...a, time: undefined }, { ...b, time: undefined });
}

const bare = (object: Manifest): Manifest => ({ ...object, metadata: { ...object.metadata, managedFields: undefined } });
