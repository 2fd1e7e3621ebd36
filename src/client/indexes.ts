import { keyOf, type KubeObject, type ObjectKey } from '../model/index.ts';

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  /** All that there is, for the first look: until then an index costs nothing. */
  readonly objects: () => Iterable<T>;
  members?: Map<string, Map<ObjectKey, T>>;
}

/** What a cache finds objects by, besides their keys. */
export class Indexes<T extends KubeObject> {
  readonly #indexes = new Map<string, Index<T>>();

  /** Repeating it under the same name is free. */
  add(name: string, values: (object: T) => readonly string[], objects: () => Iterable<T>): void {
    if (!this.#indexes.has(name)) this.#indexes.set(name, { values, objects });
  }

  find(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`there is no index ${name}`);
    if (!index.members) {
      index.members = new Map();
      for (const object of index.objects()) enter(index, object);
    }
    return [...(index.members.get(value)?.values() ?? [])];
  }

  changed(before: T | undefined, after: T | undefined): void {
    for (const index of this.#indexes.values()) {
      if (before) leave(index, before);
      if (after) enter(index, after);
    }
  }
}

function enter<T extends KubeObject>(index: Index<T>, object: T): void {
  if (!index.members) return;
  for (const value of index.values(object)) {
    const members = index.members.get(value);
    if (members) members.set(keyOf(object), object);
    else index.members.set(value, new Map([[keyOf(object), object]]));
  }
}

function leave<T extends KubeObject>(index: Index<T>, object: T): void {
  if (!index.members) return;
  for (const value of index.values(object)) {
    const members = index.members.get(value);
    if (members?.delete(keyOf(object)) && members.size === 0) index.members.delete(value);
  }
}
