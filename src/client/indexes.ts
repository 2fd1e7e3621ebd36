import { keyOf, type KubeObject, type ObjectKey } from '../model/index.ts';

type Members<T> = Map<string, Map<ObjectKey, T>>;

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  /** All that there is, for the first look: until then an index costs nothing. */
  readonly objects: () => Iterable<T>;
  members?: Members<T>;
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
      for (const object of index.objects()) enter(index.members, keyOf(object), object, index.values(object));
    }
    const found = index.members.get(value);
    return found ? [...found.values()] : NONE;
  }

  changed(before: T | undefined, after: T | undefined): void {
    const [left, entered] = [before && keyOf(before), after && keyOf(after)];
    for (const { values, members } of this.#indexes.values()) {
      if (!members) continue;
      const [was, is] = [before ? values(before) : NOWHERE, after ? values(after) : NOWHERE];
      if (left !== undefined && !(left === entered && isSame(was, is))) leave(members, left, was);
      if (entered !== undefined) enter(members, entered, after!, is);
    }
  }
}

const NONE: readonly never[] = [];
const NOWHERE: readonly string[] = NONE;

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((value, i) => value === b[i]);

function enter<T>(all: Members<T>, key: ObjectKey, object: T, values: readonly string[]): void {
  for (const value of values) {
    const members = all.get(value);
    if (members) members.set(key, object);
    else all.set(value, new Map([[key, object]]));
  }
}

function leave<T>(all: Members<T>, key: ObjectKey, values: readonly string[]): void {
  for (const value of values) {
    const members = all.get(value);
    if (members?.delete(key) && members.size === 0) all.delete(value);
  }
}
