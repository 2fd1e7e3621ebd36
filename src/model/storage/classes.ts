import type { ObjectMeta } from '../meta/index.ts';
import type { StorageClass } from '../types/index.ts';

/** How a volume or a claim named its class before there was a field for it. */
export const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** What marks the class of claims that name none. */
export const DEFAULT_STORAGE_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

interface Classed {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly storageClassName?: string };
}

/** The class of a volume or a claim. One that says the empty one wants none; one that says nothing may still be given the default. */
export function classNameOf({ metadata, spec }: Classed): string | undefined {
  return metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName;
}

interface Class {
  readonly metadata: ObjectMeta;
}

export function isMarked({ metadata }: Class, marks: readonly string[]): boolean {
  return marks.some((mark) => metadata.annotations?.[mark] === 'true');
}

/** Of several classes that are marked as the default, the newest is, and of equals the first by name. */
export function markedClass<T extends Class>(classes: readonly T[], marks: readonly string[]): T | undefined {
  return classes.filter((each) => isMarked(each, marks)).toSorted(newestFirst)[0];
}

export function defaultStorageClass(classes: readonly StorageClass[]): StorageClass | undefined {
  return markedClass(classes, DEFAULT_STORAGE_CLASS);
}

function newestFirst(a: Class, b: Class): number {
  const [left = '', right = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  return left === right ? (a.metadata.name < b.metadata.name ? -1 : 1) : left < right ? 1 : -1;
}
