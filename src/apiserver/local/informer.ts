import { Indexes, type Informer, type InformerChange } from '../../client/index.ts';
import type { KindRef, KubeObject, ObjectKey } from '../../model/index.ts';
import type { Changed, Entry, Key, Store, Subscription } from '../../store/index.ts';
import { collectionOf, storeKey } from '../verbs/place.ts';
import { ITEMS_PER_TURN, Pieces } from './pieces.ts';

type Handler<T> = (change: InformerChange<T>) => void;

/** What a subscriber is still to be told of: what was there when it began. */
type Owed = Map<Key, Entry>;

interface Follower<T> {
  readonly handler: Handler<T>;
  readonly owed: Owed;
  /** The first change that it is told of: all are counted. */
  readonly from: number;
  isGone: boolean;
}

interface Noted<T> extends InformerChange<T> {
  readonly key: Key;
}

/** Changes that one follower is told of before the next is: as many as a processor has at hand. */
const TOLD_TOGETHER = 32;

/**
 * A cache that is a view of the store: no copies, never behind, so that one's own writes are there at once. Its followers
 * are told at the end of the turn, one after the other: each goes through many changes faster than through them one by one.
 */
export class StoreInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly #store: Store;
  readonly #show: (entry: Entry) => T;
  readonly #pieces: Pieces;
  readonly #indexes = new Indexes<T>();
  readonly #followers = new Set<Follower<T>>();
  /** The changes of this turn, the first of them that the indexes lack, and how many were told before. */
  #noted: Noted<T>[] = [];
  #unindexed = 0;
  #told = 0;
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
    this.#bringIndexes();
    return this.#indexes.find(index, value);
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    this.#bringIndexes();
    this.#indexes.add(name, values, () => this.list());
    this.#follow();
  }

  subscribe(handler: Handler<T>): { close(): void } {
    const entries = this.#entries();
    const isShort = entries.length <= ITEMS_PER_TURN;
    const owed: Owed = new Map(isShort ? [] : entries.map((entry) => [entry.key, entry]));
    const follower = this.#add(handler, owed);
    if (isShort) for (const entry of entries) handler({ before: undefined, after: this.#show(entry) });
    else void this.#pieces.each(entries, ({ key }) => follower.isGone || this.#pay(follower, key));
    return { close: () => this.#leave(follower) };
  }

  follow(handler: Handler<T>): { close(): void } {
    const follower = this.#add(handler, new Map());
    return { close: () => this.#leave(follower) };
  }

  reached(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#closed = true;
    for (const follower of this.#followers) follower.isGone = true;
    this.#followers.clear();
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

  #add(handler: Handler<T>, owed: Owed): Follower<T> {
    this.#follow();
    const follower = { handler, owed, from: this.#told + this.#noted.length, isGone: false };
    this.#followers.add(follower);
    return follower;
  }

  /** It hears of what was before it leaves. */
  #leave(follower: Follower<T>): void {
    if (!this.#followers.delete(follower)) return;
    for (const change of this.#noted.slice(Math.max(0, follower.from - this.#told))) this.#tellOne(follower, change);
    follower.isGone = true;
  }

  /** Tells of an object as it was when the follower began, unless it knows already. */
  #pay({ handler, owed }: Follower<T>, key: Key): void {
    const entry = owed.get(key);
    if (!entry) return;
    owed.delete(key);
    handler({ before: undefined, after: this.#show(entry) });
  }

  #follow(): void {
    if (this.#subscription || this.#closed) return;
    this.#subscription = this.#store.watch(collectionOf(this.kind), this.#store.revision, {
      changed: (change) => this.#note(change),
      turnEnded: () => this.#tell(),
      ended: (why, undone = []) => {
        this.#subscription = undefined;
        if (this.#closed || why === 'closed') return;
        for (const { revision, key, before, after } of undone) this.#note({ revision, key, before: after, after: before });
        this.#follow();
        this.#tell();
      },
    });
  }

  #note({ key, before, after }: Changed): void {
    this.#noted.push({ key, before: before && this.#show(before), after: after && this.#show(after) });
  }

  #bringIndexes(): void {
    for (; this.#unindexed < this.#noted.length; this.#unindexed++) {
      const { before, after } = this.#noted[this.#unindexed]!;
      this.#indexes.changed(before, after);
    }
  }

  #tell(): void {
    this.#bringIndexes();
    const [changes, first] = [this.#noted, this.#told];
    this.#noted = [];
    this.#unindexed = 0;
    this.#told += changes.length;
    const failures: unknown[] = [];
    for (let at = 0; at < changes.length; at += TOLD_TOGETHER) {
      const end = Math.min(at + TOLD_TOGETHER, changes.length);
      for (const follower of this.#followers) {
        for (let i = Math.max(at, follower.from - first); i < end && !follower.isGone; i++) {
          try {
            this.#tellOne(follower, changes[i]!);
          } catch (error) {
            failures.push(error);
          }
        }
      }
    }
    // One that fails is no reason to tell the others nothing.
    if (failures.length > 0) throw failures[0];
  }

  #tellOne(follower: Follower<T>, change: Noted<T>): void {
    if (follower.owed.size > 0) this.#pay(follower, change.key);
    follower.handler(change);
  }
}
