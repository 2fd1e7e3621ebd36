import { StatusError, type Log } from '../base/index.ts';
import { MemoryDurability, type Durability } from './durability.ts';
import { StoredEntry } from './entry.ts';
import { History, type StoredChange } from './history.ts';
import { listBefore } from './past.ts';
import { State } from './state.ts';
import { Watchers } from './watchers.ts';
import type {
  Cause,
  Change,
  CommitResult,
  Entry,
  Key,
  Listing,
  LogEntry,
  Page,
  Revision,
  Store,
  StoreOptions,
  Subscriber,
  Subscription,
} from './store.ts';

/** What a store begins with. */
export interface Beginning {
  readonly revision: Revision;
  readonly state: State;
  readonly history: History;
}

type Prepared = { ok: true; changes: StoredChange[]; entries: (Entry | undefined)[] } | Extract<CommitResult, { ok: false }>;

/** The state, its revisions and its watchers. Whether it lasts is the matter of its durability. */
export class RevisionedStore implements Store {
  readonly #options: StoreOptions;
  readonly #log: Log;
  readonly #state: State;
  readonly #history: History;
  readonly #watchers: Watchers;
  readonly #durability: Durability;
  #revision: Revision;
  /** The highest number that was ever given out: it does not go back with the state. */
  #given: Revision;
  #closing: Promise<void> | undefined;

  constructor(options: StoreOptions, log: Log, beginning: Beginning, durability: Durability) {
    this.#options = options;
    this.#log = log;
    this.#state = beginning.state;
    this.#history = beginning.history;
    this.#watchers = new Watchers(log);
    this.#durability = durability;
    this.#revision = this.#given = beginning.revision;
  }

  get revision(): Revision {
    return this.#revision;
  }

  get durableRevision(): Revision {
    return this.#durability.revision;
  }

  get(key: Key): Entry | undefined {
    return this.#state.get(key);
  }

  list(prefix: string, page?: Page): Listing {
    return { revision: this.#revision, ...this.#state.list(prefix, page) };
  }

  listAt(prefix: string, revision: Revision, page?: Page): Listing | undefined {
    if (revision > this.#revision || !this.#history.reaches(revision, prefix)) return undefined;
    return { revision, ...listBefore(this.#history.since(revision), this.#state, this.#options.now(), prefix, page) };
  }

  byIndex(index: string, value: string): readonly Entry[] {
    return this.#state.byIndex(index, value);
  }

  commit(changes: readonly Change[], cause: Cause): CommitResult {
    this.assertWritable();
    const prepared = this.#prepare(changes);
    if (!prepared.ok) return prepared;
    const last = prepared.changes.at(-1);
    if (last) {
      for (const change of prepared.changes) this.#take(change);
      this.#revision = this.#given = last.revision;
      this.#durability.append(prepared.changes, cause);
      for (const { key, after } of prepared.changes) if (after && this.#options.textless?.(key)) after.forgetText();
      this.#watchers.deliver(prepared.changes);
    }
    return { ok: true, revision: last?.revision ?? this.#revision, entries: prepared.entries };
  }

  assertWritable(): void {
    this.#assertOpen();
    this.#durability.assertWritable();
  }

  record(entry: LogEntry): void {
    this.#assertOpen();
    this.#durability.record(entry);
  }

  watch(prefix: string, after: Revision, subscriber: Subscriber): Subscription {
    const why = this.#closing ? 'closed' : this.#history.reaches(after, prefix) ? undefined : 'expired';
    if (!why) return this.#watchers.add(prefix, after, this.#history.since(after), subscriber);
    subscriber.ended(why);
    return { close: () => {} };
  }

  durable(revision: Revision): Promise<void> {
    if (this.#history.isLost(revision)) {
      const message = `revision ${revision} could not be written to disk and was taken back`;
      return Promise.reject(new StatusError('ServiceUnavailable', message));
    }
    return this.#durability.durable(revision);
  }

  fork(): Store {
    const beginning = { revision: this.#revision, state: this.#state.fork(), history: new History(this.#revision, this.#options.history) };
    return new RevisionedStore(this.#options, this.#log, beginning, new MemoryDurability(this.#revision));
  }

  slim(): void {
    for (const entry of this.#state.all()) entry.dropText();
    this.#history.slim();
  }

  close(): Promise<void> {
    if (this.#closing) return this.#closing;
    this.#closing = this.#durability.close();
    this.#watchers.endAll('closed');
    return this.#closing;
  }

  /** The entries that a restart has to find, as they are now. */
  lasting(): Iterable<StoredEntry> {
    return this.#state.lasting();
  }

  /** Undoes changes that did not reach the disk, the newest first. Their revisions are never given out again. */
  rollBack(changes: readonly StoredChange[]): void {
    for (const { key, before } of changes) {
      if (before) this.#state.put(before);
      else this.#state.delete(key);
    }
    this.#revision = this.#durability.revision;
    this.#history.lose(this.#revision, this.#given);
    this.#watchers.endAll('rolledBack', changes);
  }

  #prepare(changes: readonly Change[]): Prepared {
    assertDistinct(changes);
    for (const { key, expect } of changes) {
      const current = this.#state.get(key)?.revision ?? 'absent';
      if (expect !== 'any' && expect !== current) return { ok: false, key, current };
    }
    let revision = this.#given;
    const prepared = changes.map((change): StoredChange => {
      const before = this.#state.get(change.key);
      const changesNothing = change.op === 'delete' && !before;
      if (!changesNothing) revision++;
      const after = change.op === 'put' ? this.#newEntry(change, revision, before) : undefined;
      return { revision, key: change.key, before, after };
    });
    const made = prepared.every(isChange) ? prepared : prepared.filter(isChange);
    return { ok: true, changes: made, entries: prepared.map(({ after }) => after) };
  }

  #newEntry(change: Extract<Change, { op: 'put' }>, revision: Revision, before: StoredEntry | undefined): StoredEntry {
    assertTime(change);
    const value = this.#options.stamp ? this.#options.stamp(change.value, revision) : change.value;
    const version = {
      key: change.key,
      revision,
      created: before?.created ?? revision,
      expiresAt: change.expiresAt,
      weight: before?.weight,
    };
    const { write } = this.#options;
    const lasting = before?.lasting;
    const isVolatile = change.volatile && !(lasting && outlives(lasting, change.expiresAt));
    const entry = isVolatile ? StoredEntry.volatile(version, value, lasting, write) : StoredEntry.ofValue(version, value, write);
    // What cannot be written has to fail here, where nothing has changed yet.
    if (this.#durability.writes && !change.isJson) void entry.text;
    return entry;
  }

  #take(change: StoredChange): void {
    if (change.after) this.#state.put(change.after);
    else this.#state.delete(change.key);
    this.#history.add(change);
  }

  #assertOpen(): void {
    if (this.#closing) throw new StatusError('ServiceUnavailable', 'the store is closed');
  }
}

const isChange = ({ before, after }: StoredChange): boolean => before !== undefined || after !== undefined;

/** Whether the entry would come to light again when what covers it expires. */
function outlives(entry: StoredEntry, expiresAt: number | undefined): boolean {
  return (entry.expiresAt ?? Infinity) > (expiresAt ?? Infinity);
}

function assertTime({ key, expiresAt }: Extract<Change, { op: 'put' }>): void {
  if (expiresAt === undefined || !Number.isNaN(new Date(expiresAt).getTime())) return;
  throw new RangeError(`${key} expires at no time: ${expiresAt}`);
}

function assertDistinct(changes: readonly Change[]): void {
  if (changes.length < 2) return;
  const keys = new Set<Key>();
  for (const { key } of changes) {
    if (keys.has(key)) throw new Error(`one commit changes ${key} twice`);
    keys.add(key);
  }
}
