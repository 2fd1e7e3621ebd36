import { keyOf, type KubeObject } from '../model/index.ts';

/** By value: what has it. One object stands there by itself, for most values are those of one. */
type Members<T> = Map<string, T | Map<string, T>>;

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
      for (const object of index.objects()) enter(index.members, idOf(object), object, index.values(object));
    }
    const found = index.members.get(value);
    if (!found) return NONE;
    return found instanceof Map ? [...found.values()] : [found];
  }

  changed(before: T | undefined, after: T | undefined): void {
    const [left, entered] = [before && idOf(before), after && idOf(after)];
    for (const { values, members } of this.#indexes.values()) {
      if (!members) continue;
      const [was, is] = [before ? values(before) : NOWHERE, after ? values(after) : NOWHERE];
      if (left !== undefined && !(left === entered && isSame(was, is))) leave(members, left, was);
      if (entered !== undefined) enter(members, entered, after!, is, before);
    }
  }
}

/** Of an object that is stored its uid: versions share that text, where its key is put together at each use. */
const idOf = (object: KubeObject): string => object.metadata.uid ?? keyOf(object);

const NONE: readonly never[] = [];
const NOWHERE: readonly string[] = NONE;

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((value, i) => value === b[i]);

function enter<T extends KubeObject>(all: Members<T>, id: string, object: T, values: readonly string[], before?: T): void {
  for (const value of values) {
    const members = all.get(value);
    if (members instanceof Map) members.set(id, object);
    else if (members && members !== before && idOf(members) !== id)
      all.set(value, new Map<string, T>().set(idOf(members), members).set(id, object));
    else all.set(value, object);
  }
}

function leave<T extends KubeObject>(all: Members<T>, id: string, values: readonly string[]): void {
  for (const value of values) {
    const members = all.get(value);
    if (!(members instanceof Map)) {
      if (members && idOf(members) === id) all.delete(value);
    } else if (members.delete(id) && members.size === 0) all.delete(value);
  }
}
