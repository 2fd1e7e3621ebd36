import type { KindRef, KubeObject, Manifest, ObjectKey } from '../model/index.ts';

export interface ListOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
}

export interface ObjectList<T> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  readonly continue?: string;
}

export interface WatchOptions extends Omit<ListOptions, 'limit' | 'continue'> {
  readonly allowBookmarks?: boolean;
  /** The server ends the watch after so long. */
  readonly timeoutSeconds?: number;
}

export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** Kept in the journal beside the change: a commit, a plan, a reason. */
  readonly because?: string;
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields that another manager owns. */
  readonly force?: boolean;
  /** Refuses, as Invalid, when the object that is there is another. */
  readonly uid?: string;
  /** Written along with the object, as what another manager says of it. */
  readonly note?: Note;
}

/** Annotations, and whose they are. */
export interface Note {
  readonly manager: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface DeleteOptions extends WriteOptions {
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type Patch =
  | {
      readonly type: 'json';
      readonly operations: readonly { readonly op: string; readonly path: string; readonly value?: unknown; readonly from?: string }[];
    }
  | { readonly type: 'merge' | 'strategic'; readonly patch: Readonly<Record<string, unknown>> };

export interface Target<T> {
  readonly kind: KindRef<T>;
  readonly namespace?: string;
  readonly name: string;
  readonly subresource?: string;
}

/**
 * The one port through which objects are read, watched and written. Every failure is a `StatusError`.
 * In process it goes straight to the API server's handlers and may run ahead of the disk: whatever acts on the world
 * outside waits for `durable` first. Over HTTPS it is an ordinary Kubernetes client.
 */
export interface Client {
  /** The field manager under which this client writes. */
  readonly manager: string;
  /** The same client, writing under another name. */
  as(manager: string): Client;
  get<T>(kind: KindRef<T>, name: string, namespace?: string): Promise<T>;
  /** What a subresource says that is no plain object: `deployments/scale`. */
  read<T>(target: Target<T>): Promise<Manifest>;
  list<T>(kind: KindRef<T>, options?: ListOptions): Promise<ObjectList<T>>;
  /** Ends by throwing `Expired` when it fell behind, and without a throw when the signal aborts. */
  watch<T>(
    kind: KindRef<T>,
    options: WatchOptions & { readonly resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<T>;
  /** Replaces. With a resourceVersion in the object: only if that is still the present one. */
  update<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<T>;
  updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T, options?: WriteOptions): Promise<T>;
  patch<T>(target: Target<T>, patch: Patch, options?: WriteOptions): Promise<T>;
  /** Server-side apply. */
  apply<T>(kind: KindRef<T>, object: Manifest, options?: ApplyOptions): Promise<T>;
  /** Gives the object as it was last seen; one with finalizers or grace is still there. */
  delete<T>(target: Target<T>, options?: DeleteOptions): Promise<void>;
  /** A write to a subresource that is no plain object: `pods/binding`, `pods/eviction`. */
  post<T>(target: Target<T>, body: Manifest, options?: WriteOptions): Promise<Manifest>;
  /** The same where the server wants it replaced: `namespaces/finalize`. */
  put<T>(target: Target<T>, body: Manifest, options?: WriteOptions): Promise<Manifest>;
  /** Calls once the write that gave this version is on disk. */
  durable(resourceVersion: string): Promise<void>;
  /** The kind behind an apiVersion and kind, as discovery knows it; undefined when it is not served. */
  kindOf(apiVersion: string, kind: string): Promise<KindRef<Manifest> | undefined>;
  /** A shared cache of all objects of a kind. */
  informer<T extends KubeObject>(kind: KindRef<T>): Informer<T>;
}

export interface InformerChange<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** A cache of one kind that follows the API. What it gives is shared and never changed in place. */
export interface Informer<T extends KubeObject> {
  readonly kind: KindRef<T>;
  /** Resolves once the cache has been filled for the first time. */
  readonly synced: Promise<void>;
  get(key: ObjectKey): T | undefined;
  list(namespace?: string): readonly T[];
  /** Objects whose index function gave this value. */
  by(index: string, value: string): readonly T[];
  /** Adds an index; repeating it under the same name is free. */
  index(name: string, values: (object: T) => readonly string[]): void;
  /**
   * Told of every change, and of everything that is there when it begins: before the first change of that, though not
   * always at once. It must only take note (queue a key).
   */
  subscribe(handler: (change: InformerChange<T>) => void): { close(): void };
  /** Told of every change from now on until it is closed, at the latest at the end of the turn in which the cache shows it. */
  follow(handler: (change: InformerChange<T>) => void): { close(): void };
  /** Resolves when the cache has seen this version or a later one: to read one's own write. */
  reached(resourceVersion: string, signal?: AbortSignal): Promise<void>;
}
