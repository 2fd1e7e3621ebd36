import { Indexes, type Informer, type InformerChange } from '../../client/index.ts';
import type { KindRef, KubeObject, ObjectKey } from '../../model/index.ts';
import type { Changed, Entry, Key, Store, Subscription } from '../../store/index.ts';
import { collectionOf, storeKey } from '../verbs/place.ts';
import { ITEMS_PER_TURN, Pieces } from './pieces.ts';

type Handler<T> = (change: InformerChange<T>) => void;

/** What a subscriber is still to be told of: what was there when it began. */
type Owed = Map<Key, Entry>;

/** A cache that is a view of the store: no copies, never behind, so that one's own writes are there at once. */
export class StoreInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly #store: Store;
  readonly #show: (entry: Entry) => T;
  readonly #pieces: Pieces;
  readonly #indexes = new Indexes<T>();
  readonly #handlers = new Map<Handler<T>, Owed>();
  #synced: Promise<void> | undefined;
  #subscription: Subscription | undefined;
  #closed = false;

  constructor(store: Store, kind: KindRef<T>, show: (entry: Entry) => T = (entry) => entry.value as T, pieces = new Pieces()) {
    this.#store = store;
    this.kind = kind;
    this.#show = show;
    this.#pieces = pieces;
  }

  /** It can be read before, but then whoever comes first pays for parsing all that a restart found. */
  get synced(): Promise<void> {
    return (this.#synced ??= this.#parse());
  }

  get(key: ObjectKey): T | undefined {
    const entry = this.#store.get(storeKey(this.kind, key));
    return entry && this.#show(entry);
  }

  list(namespace?: string): readonly T[] {
    return this.#entries(namespace).map((entry) => this.#show(entry));
  }

  by(index: string, value: string): readonly T[] {
    return this.#indexes.find(index, value);
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    this.#indexes.add(name, values, () => this.list());
    this.#follow();
  }

  subscribe(handler: Handler<T>): { close(): void } {
    const entries = this.#entries();
    const isShort = entries.length <= ITEMS_PER_TURN;
    const owed: Owed = new Map(isShort ? [] : entries.map((entry) => [entry.key, entry]));
    const subscription = this.#add(handler, owed);
    if (isShort) for (const entry of entries) handler({ before: undefined, after: this.#show(entry) });
    else void this.#pieces.each(entries, ({ key }) => this.#handlers.has(handler) && this.#pay(handler, owed, key));
    return subscription;
  }

  follow(handler: Handler<T>): { close(): void } {
    return this.#add(handler, new Map());
  }

  reached(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    this.#handlers.clear();
    this.#subscription?.close();
  }

  #entries(namespace?: string): readonly Entry[] {
    return this.#store.list(collectionOf(this.kind, namespace)).entries;
  }

  #parse(): Promise<void> {
    const entries = this.#entries();
    if (entries.length > ITEMS_PER_TURN) return this.#pieces.each(entries, (entry) => void this.#show(entry));
    for (const entry of entries) this.#show(entry);
    return Promise.resolve();
  }

  #add(handler: Handler<T>, owed: Owed): { close(): void } {
    this.#follow();
    this.#handlers.set(handler, owed);
    return { close: () => this.#handlers.delete(handler) };
  }

  /** Tells of an object as it was when the subscriber began, unless it knows already. */
  #pay(handler: Handler<T>, owed: Owed, key: Key): void {
    const entry = owed.get(key);
    if (!entry) return;
    owed.delete(key);
    handler({ before: undefined, after: this.#show(entry) });
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
    const told: InformerChange<T> = {
      before: change.before && this.#show(change.before),
      after: change.after && this.#show(change.after),
    };
    this.#indexes.changed(told.before, told.after);
    this.#handlers.forEach((owed, handler) => {
      if (owed.size > 0) this.#pay(handler, owed, change.key);
      handler(told);
    });
  }
}
