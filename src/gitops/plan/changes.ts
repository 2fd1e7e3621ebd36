import { equalJson, isRecord } from '../../base/index.ts';
import type { FieldPath, KubeObject, Manifest, ManagedFieldsEntry, ObjectMeta } from '../../model/index.ts';
import type { FieldChange } from './steps.ts';

/** The manager under which desired state is applied. */
export const MANAGER = 'slipway';

const BOOKKEEPING = new Set(['managedFields', 'resourceVersion', 'uid', 'generation', 'creationTimestamp', 'selfLink']);

/** The part of an object that a manifest can ask for: without status and the cluster's bookkeeping. */
export function comparable(object: Manifest): Manifest {
  const { status: _status, metadata, ...content } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([name]) => !BOOKKEEPING.has(name)));
  return { ...content, metadata: kept as unknown as ObjectMeta } as Manifest;
}

/** What we own of an object, as the server keeps it. */
export function ownership(object: KubeObject): ManagedFieldsEntry['fieldsV1'] | undefined {
  return object.metadata.managedFields?.find((entry) => entry.manager === MANAGER && entry.operation === 'Apply' && !entry.subresource)
    ?.fieldsV1;
}

/** The fields in which two values differ, as deep as both have them. */
export function changesBetween(before: unknown, after: unknown, path: FieldPath = []): readonly FieldChange[] {
  if (equalJson(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => changesBetween(before[name], after[name], [...path, name]));
  }
  if (Array.isArray(before) && Array.isArray(after)) return changesBetweenLists(before, after, path);
  return [{ path, before, after }];
}

/** Items with names are matched by name, so that a container put in front changes nothing of the others. */
function changesBetweenLists(before: readonly unknown[], after: readonly unknown[], path: FieldPath): readonly FieldChange[] {
  const names = namesOf(before);
  if (names && namesOf(after)) {
    const wanted = new Set(namesOf(after));
    const gone = before.flatMap((item, i) => (wanted.has(names[i]!) ? [] : [{ path: [...path, i], before: item, after: undefined }]));
    return [...gone, ...after.flatMap((item, i) => changesBetween(before[names.indexOf((item as Named).name)], item, [...path, i]))];
  }
  const longest = Math.max(before.length, after.length);
  return Array.from({ length: longest }, (_, i) => i).flatMap((i) => changesBetween(before[i], after[i], [...path, i]));
}

interface Named {
  readonly name: string;
}

function namesOf(items: readonly unknown[]): readonly string[] | undefined {
  const names = items.map((item) => (isRecord(item) && typeof item['name'] === 'string' ? item['name'] : undefined));
  return names.every((name) => name !== undefined) && new Set(names).size === names.length ? (names as readonly string[]) : undefined;
}
