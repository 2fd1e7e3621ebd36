import { keyOf, type KindRef, type KubeObject, type ObjectKey } from '../../model/index.ts';
import type { Changed, Store, Subscription } from '../../store/index.ts';
import type { Informer, InformerChange } from '../../client/index.ts';
import { collectionOf, storeKey } from '../verbs/place.ts';

type Handler<T> = (change: InformerChange<T>) => void;

interface Index<T> {
  readonly values: (object: T) => readonly string[];
  readonly members: Map<string, Map<ObjectKey, T>>;
}

/** A cache that is a view of the store: no copies, never behind, so that one's own writes are there at once. */
export class StoreInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly synced = Promise.resolve();
  readonly #store: Store;
  readonly #indexes = new Map<string, Index<T>>();
  readonly #handlers = new Set<Handler<T>>();
  #subscription: Subscription | undefined;
  #closed = false;

  constructor(store: Store, kind: KindRef<T>) {
    this.#store = store;
    this.kind = kind;
  }

  get(key: ObjectKey): T | undefined {
    return this.#store.get(storeKey(this.kind, key))?.value as T | undefined;
  }

  list(namespace?: string): readonly T[] {
    return this.#store.list(collectionOf(this.kind, namespace)).entries.map((entry) => entry.value as T);
  }

  by(index: string, value: string): readonly T[] {
    return [...(this.#index(index).members.get(value)?.values() ?? [])];
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    const index: Index<T> = { values, members: new Map() };
    for (const object of this.list()) enter(index, keyOf(object), object);
    this.#indexes.set(name, index);
    this.#follow();
  }

  subscribe(handler: Handler<T>): { close(): void } {
    this.#follow();
    this.#handlers.add(handler);
    for (const after of this.list()) handler({ before: undefined, after });
    return { close: () => this.#handlers.delete(handler) };
  }

  reached(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.close();
  }

  #index(name: string): Index<T> {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`the informer of ${this.kind.plural} has no index ${name}`);
    return index;
  }

  #follow(): void {
    if (this.#subscription || this.#closed) return;
    this.#subscription = this.#store.watch(collectionOf(this.kind), this.#store.revision, {
      changed: (change) => this.#changed(change),
      ended: (why, undone = []) => {
        this.#subscription = undefined;
        if (this.#closed || why === 'closed') return;
        for (const { revision, key, before, after } of undone) this.#changed({ revision, key, before: after, after: before });
        this.#follow();
      },
    });
  }

  #changed(change: Changed): void {
    const before = change.before?.value as T | undefined;
    const after = change.after?.value as T | undefined;
    for (const index of this.#indexes.values()) {
      if (before) leave(index, keyOf(before), before);
      if (after) enter(index, keyOf(after), after);
    }
    for (const handler of this.#handlers) handler({ before, after });
  }
}

function enter<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.values(object)) {
    let members = index.members.get(value);
    if (!members) index.members.set(value, (members = new Map()));
    members.set(key, object);
  }
}

function leave<T>(index: Index<T>, key: ObjectKey, object: T): void {
  for (const value of index.values(object)) {
    const members = index.members.get(value);
    if (members?.delete(key) && members.size === 0) index.members.delete(value);
  }
}
