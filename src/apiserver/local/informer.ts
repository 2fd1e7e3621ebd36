import { Indexes, type Informer, type InformerChange } from '../../client/index.ts';
import type { KindRef, KubeObject, ObjectKey } from '../../model/index.ts';
import type { Changed, Entry, Store, Subscription } from '../../store/index.ts';
import { collectionOf, storeKey } from '../verbs/place.ts';

type Handler<T> = (change: InformerChange<T>) => void;

/** A cache that is a view of the store: no copies, never behind, so that one's own writes are there at once. */
export class StoreInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly synced = Promise.resolve();
  readonly #store: Store;
  readonly #show: (entry: Entry) => T;
  readonly #indexes = new Indexes<T>();
  readonly #handlers = new Set<Handler<T>>();
  #subscription: Subscription | undefined;
  #closed = false;

  constructor(store: Store, kind: KindRef<T>, show: (entry: Entry) => T = (entry) => entry.value as T) {
    this.#store = store;
    this.kind = kind;
    this.#show = show;
  }

  get(key: ObjectKey): T | undefined {
    const entry = this.#store.get(storeKey(this.kind, key));
    return entry && this.#show(entry);
  }

  list(namespace?: string): readonly T[] {
    return this.#store.list(collectionOf(this.kind, namespace)).entries.map((entry) => this.#show(entry));
  }

  by(index: string, value: string): readonly T[] {
    return this.#indexes.find(index, value);
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    this.#indexes.add(name, values, () => this.list());
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
    const before = change.before && this.#show(change.before);
    const after = change.after && this.#show(change.after);
    this.#indexes.changed(before, after);
    for (const handler of this.#handlers) handler({ before, after });
  }
}
