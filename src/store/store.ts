/**
 * Keys are `GROUP/PLURAL/[NAMESPACE/]NAME`, with `core` for the group without a name; the first two parts are the
 * collection. The store knows nothing else of what it keeps.
 */
export type Key = string;

/** The store's counter. Each changed object takes one number; a commit of several takes consecutive ones. */
export type Revision = number;

/** One stored version of an object. Its text is made once and used wherever it fits. */
export interface Entry {
  readonly key: Key;
  /** Of the last change. */
  readonly revision: Revision;
  /** Of the change that made it. */
  readonly created: Revision;
  /** JSON. */
  readonly text: string;
  /** The parsed value; never changed in place. */
  readonly value: unknown;
}

/** Who changes something and why: the journal keeps it beside the change. */
export interface Cause {
  /** The field manager, or the part of the control plane. */
  readonly by: string;
  readonly user?: string;
  readonly verb?: string;
  /** A commit, a plan, a controller's reason. */
  readonly because?: string;
}

export type Expectation = Revision | 'absent' | 'any';

export type Change =
  | {
      readonly op: 'put';
      readonly key: Key;
      readonly value: unknown;
      readonly expect: Expectation;
      /** Computed, never written: the entry is gone for readers from then on. */ readonly expiresAt?: number;
      /**
       * Never written to disk, such as a heartbeat: a restart finds the last version that was, or none. It takes a
       * revision like any other, and no revision is given out twice. One that would expire before the version on disk is written.
       */
      readonly volatile?: boolean;
      /** It is known that the value can be written: its text is made on its way to the disk, where many are made together, and not before. */
      readonly isJson?: boolean | undefined;
    }
  | { readonly op: 'delete'; readonly key: Key; readonly expect: Expectation };

export type CommitResult =
  | {
      readonly ok: true;
      /** Of the last change. */ readonly revision: Revision;
      /** In the order of the changes; undefined for a delete. */ readonly entries: readonly (Entry | undefined)[];
    }
  | { readonly ok: false; readonly key: Key; readonly current: Revision | 'absent' };

/** What happened that is no object. Its members are for people to read and never hold a Secret's value. */
export interface LogEntry {
  readonly event: string;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface Listing {
  readonly revision: Revision;
  readonly entries: readonly Entry[];
  /** The last key of a page that was cut: pass it as `after` for the next one. */
  readonly next?: Key;
  /** How many follow after a cut page. */
  readonly remaining?: number;
}

export interface Page {
  readonly limit?: number;
  readonly after?: Key;
}

export interface Changed {
  readonly revision: Revision;
  readonly key: Key;
  /** Undefined: created by this change. */
  readonly before: Entry | undefined;
  /** Undefined: deleted by this change. */
  readonly after: Entry | undefined;
}

export type WatchEnd = 'overflow' | 'expired' | 'closed' | 'rolledBack';

/** Called in the writer's turn: it must only take note (queue, count), never await or throw. */
export interface Subscriber {
  changed(change: Changed): void;
  /** Called once at the end of a turn of the main loop that brought changes: what is done for all of them at once goes faster. */
  turnEnded?(): void;
  /**
   * No more changes come. The reader lists again and watches from there. After a roll-back `undone` are the changes
   * that this reader was told of and that are taken back, the newest first.
   */
  ended(why: WatchEnd, undone?: readonly Changed[]): void;
}

export interface Subscription {
  close(): void;
}

export interface Store {
  /** Of the last commit; it may be ahead of the disk. */
  readonly revision: Revision;
  /** The last revision that is on disk. */
  readonly durableRevision: Revision;
  get(key: Key): Entry | undefined;
  /** In the order of the keys. `prefix` ends with `/`. */
  list(prefix: string, page?: Page): Listing;
  /** The same as it was at an earlier revision; undefined when history no longer reaches back to it. */
  listAt(prefix: string, revision: Revision, page?: Page): Listing | undefined;
  byIndex(index: string, value: string): readonly Entry[];
  /** All or none. A conflict is a value, not a throw. */
  commit(changes: readonly Change[], cause: Cause): CommitResult;
  /** Throws when nothing can be written at present. */
  assertWritable(): void;
  record(entry: LogEntry): void;
  /** Delivers what changed after the revision, first from history and then as it happens. `expired` when history no longer reaches back. */
  watch(prefix: string, after: Revision, subscriber: Subscriber): Subscription;
  /** Resolves once the revision is on disk; rejects when that failed. */
  durable(revision: Revision): Promise<void>;
  /** A copy-on-write view in memory, which goes its own way: for forecasts. */
  fork(): Store;
  /** Lets go of what can be made again: texts of values. Who asks for one next waits until it is made. */
  slim(): void;
  close(): Promise<void>;
}

/** The members of the index for an object; computed at each write. */
export type IndexFunction = (key: Key, value: unknown) => readonly string[];

export interface StoreOptions {
  readonly now: () => number;
  /** The value as it is kept, carrying its revision. */
  readonly stamp?: (value: unknown, revision: Revision) => unknown;
  /** The value as JSON. Without it, `JSON.stringify` makes the same. */
  readonly write?: (value: unknown) => string;
  readonly indexes?: Readonly<Record<string, IndexFunction>>;
  /** How many changes, and how many bytes of them, a watch can resume over. */
  readonly history?: { readonly changes?: number; readonly bytes?: number };
  /** Collections with many values whose text is rarely asked for once it is on its way to the disk: it is not kept. */
  readonly textless?: (key: Key) => boolean;
  /** Collections whose values are encrypted on disk. */
  readonly sealed?: (key: Key) => boolean;
}
