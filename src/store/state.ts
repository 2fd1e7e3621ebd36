import { Expiries } from './expiry.ts';
import { OrderedMap } from './ordered.ts';
import type { StoredEntry } from './entry.ts';
import type { IndexFunction, Key, Page } from './store.ts';

type IndexFunctions = Readonly<Record<string, IndexFunction>>;

export interface Listed {
  readonly entries: StoredEntry[];
  readonly next?: Key;
  readonly remaining?: number;
}

/** Above every key that goes on after a prefix. */
const TOP = '\uffff';
const PAGE = 256;

/** The present entries in the order of their keys, and their indexes. What has expired is dropped before each look. */
export class State {
  readonly #functions: IndexFunctions;
  readonly #now: () => number;
  #entries = new OrderedMap<StoredEntry>();
  #expiries = new Expiries();
  /** Built on first use, since building it parses every value once. Members are kept under `VALUE NUL KEY`. */
  #indexes: Map<string, OrderedMap<StoredEntry>> | undefined;

  constructor(functions: IndexFunctions, now: () => number) {
    this.#functions = functions;
    this.#now = now;
  }

  get(key: Key): StoredEntry | undefined {
    const entry = this.#entries.get(key);
    if (entry?.expiresAt === undefined) return entry;
    this.expire(this.#now());
    return this.#entries.get(key);
  }

  /** What is kept under the key, whatever its time. */
  peek(key: Key): StoredEntry | undefined {
    return this.#entries.get(key);
  }

  list(prefix: string, page: Page = {}): Listed {
    this.expire(this.#now());
    const after = page.after === undefined ? prefix : `${page.after}\0`;
    const from = after > prefix ? after : prefix;
    const entries = this.#entries.range(prefix, page.limit || Infinity, from);
    const next = entries.at(-1)?.key;
    if (!page.limit || next === undefined || entries.length < page.limit) return { entries };
    const remaining = this.#entries.count(from, prefix + TOP) - entries.length;
    return remaining > 0 ? { entries, next, remaining } : { entries };
  }

  all(): Iterable<StoredEntry> {
    return this.#entries.range('');
  }

  byIndex(index: string, value: string): StoredEntry[] {
    this.expire(this.#now());
    this.#indexes ??= this.#buildIndexes();
    const members = this.#indexes.get(index);
    if (!members) throw new Error(`the store has no index ${index}`);
    return members.range(`${value}\0`);
  }

  put(entry: StoredEntry): void {
    if (this.#indexes) this.#index(this.#indexes, this.#entries.get(entry.key), entry);
    this.#entries.set(entry.key, entry);
    const { key, revision, expiresAt } = entry;
    if (expiresAt !== undefined) this.#expiries.add({ key, revision, at: expiresAt });
  }

  delete(key: Key): void {
    const before = this.#indexes && this.#entries.get(key);
    if (this.#indexes && before) this.#index(this.#indexes, before, undefined);
    this.#entries.delete(key);
  }

  /** Drops what has expired by then. */
  expire(now: number): void {
    for (let due = this.#expiries.take(now); due; due = this.#expiries.take(now)) {
      if (this.#entries.get(due.key)?.revision === due.revision) this.delete(due.key);
    }
  }

  /** What a restart finds, in the order of the keys, as it is now whatever changes meanwhile. */
  lasting(): Iterable<StoredEntry> {
    return lastingOf(this.#entries.fork());
  }

  fork(): State {
    const fork = new State(this.#functions, this.#now);
    fork.#entries = this.#entries.fork();
    fork.#expiries = this.#expiries.fork();
    if (this.#indexes) fork.#indexes = new Map([...this.#indexes].map(([name, members]) => [name, members.fork()]));
    return fork;
  }

  #buildIndexes(): Map<string, OrderedMap<StoredEntry>> {
    const indexes = new Map(Object.keys(this.#functions).map((name) => [name, new OrderedMap<StoredEntry>()]));
    for (const entry of this.#entries.range('')) this.#index(indexes, undefined, entry);
    return indexes;
  }

  #index(indexes: ReadonlyMap<string, OrderedMap<StoredEntry>>, before: StoredEntry | undefined, after: StoredEntry | undefined): void {
    for (const [name, members] of indexes) {
      const valuesOf = this.#functions[name]!;
      const is = after ? valuesOf(after.key, after.glance()) : [];
      if (before)
        for (const value of valuesOf(before.key, before.glance())) if (!is.includes(value)) members.delete(`${value}\0${before.key}`);
      if (after) for (const value of is) members.set(`${value}\0${after.key}`, after);
    }
  }
}

function* lastingOf(entries: OrderedMap<StoredEntry>): Generator<StoredEntry> {
  for (let page = entries.range('', PAGE); page.length > 0; page = entries.range('', PAGE, `${page.at(-1)!.key}\0`)) {
    for (const { lasting } of page) if (lasting) yield lasting;
  }
}
