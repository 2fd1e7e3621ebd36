import { isStatus, type Clock, type Millis, type Random } from '../base/index.ts';
import { keyOf, type KindRef, type KubeObject, type ObjectKey } from '../model/index.ts';
import type { Client, Informer, InformerChange, WatchEvent } from './client.ts';
import { Indexes } from './indexes.ts';

export interface WatchInformerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pageSize?: number;
  /** Told of every interruption, and when it will be tried again. */
  readonly failed?: (error: unknown, retryMs: Millis) => void;
}

type Handler<T> = (change: InformerChange<T>) => void;

const FIRST_RETRY: Millis = 100;
const LONGEST_RETRY: Millis = 30_000;
/** A watch is opened anew after this or up to twice as long: a connection that died without a word is given up then. */
const WATCH_SECONDS = 300;
/** A watch that ends earlier, having told nothing, counts as a failure: else it would be opened again and again. */
const SHORT_WATCH: Millis = 1000;

/** A cache that follows one kind over any client: it lists, watches from there, and resumes when the watch ends. */
export class WatchInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly synced: Promise<void>;
  readonly #client: Pick<Client, 'list' | 'watch'>;
  readonly #options: WatchInformerOptions;
  readonly #objects = new Map<ObjectKey, T>();
  readonly #indexes = new Indexes<T>();
  readonly #handlers = new Set<Handler<T>>();
  readonly #waiting = new Set<{ readonly version: number; readonly resolve: () => void }>();
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;
  #filled = () => {};
  /** Undefined: everything must be listed anew. */
  #version: string | undefined;
  #reached = -1;
  #failures = 0;

  constructor(client: Pick<Client, 'list' | 'watch'>, kind: KindRef<T>, options: WatchInformerOptions) {
    this.kind = kind;
    this.#client = client;
    this.#options = options;
    this.synced = new Promise((resolve) => (this.#filled = resolve));
    this.#running = this.#run(this.#abort.signal);
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    const all = [...this.#objects.values()];
    return namespace ? all.filter((object) => object.metadata.namespace === namespace) : all;
  }

  by(index: string, value: string): readonly T[] {
    return this.#indexes.find(index, value);
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    this.#indexes.add(name, values, () => this.#objects.values());
  }

  subscribe(handler: Handler<T>): { close(): void } {
    const following = this.follow(handler);
    for (const after of this.list()) handler({ before: undefined, after });
    return following;
  }

  follow(handler: Handler<T>): { close(): void } {
    this.#handlers.add(handler);
    return { close: () => this.#handlers.delete(handler) };
  }

  reached(resourceVersion: string, signal?: AbortSignal): Promise<void> {
    const version = Number(resourceVersion);
    if (version <= this.#reached) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const entry = { version, resolve: () => settle(resolve) };
      const stop = () => settle(() => reject(signal?.reason as Error));
      const settle = (finish: () => void) => {
        this.#waiting.delete(entry);
        signal?.removeEventListener('abort', stop);
        finish();
      };
      this.#waiting.add(entry);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  async close(): Promise<void> {
    this.#abort.abort(new Error(`the informer of ${this.kind.plural} is closed`));
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#version === undefined) await this.#relist();
        await this.#follow(signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      }
    }
  }

  async #recover(cause: unknown, signal: AbortSignal): Promise<void> {
    if (isStatus(cause, 'Expired')) this.#version = undefined;
    const { clock, random, failed } = this.#options;
    const full = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(this.#failures++, 20));
    const retryMs = full * (1 + random.fraction());
    failed?.(cause, retryMs);
    // Closing ends the wait; the loop sees that by itself.
    await clock.sleep(retryMs, signal).catch(() => undefined);
  }

  async #relist(): Promise<void> {
    const { items, version } = await this.#listAll();
    const present = new Map(items.map((object) => [keyOf(object), object]));
    for (const [key, before] of this.#objects) if (!present.has(key)) this.#change(key, before, undefined);
    for (const [key, object] of present) this.#put(key, object);
    this.#reach(version);
    this.#filled();
  }

  /** The version is that of the first page: a server that keeps no old versions gives later pages of later ones. */
  async #listAll(): Promise<{ items: readonly T[]; version: string }> {
    const { pageSize = 500 } = this.#options;
    const first = await this.#client.list(this.kind, { limit: pageSize });
    const items = [...first.items];
    try {
      for (let next = first.continue; next;) {
        const page = await this.#client.list(this.kind, { limit: pageSize, continue: next });
        items.push(...page.items);
        next = page.continue;
      }
    } catch (error) {
      if (!isStatus(error, 'Expired')) throw error;
      const whole = await this.#client.list(this.kind);
      return { items: whole.items, version: whole.resourceVersion };
    }
    return { items, version: first.resourceVersion };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const began = clock.now();
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + random.fraction()));
    const options = { resourceVersion: this.#version!, allowBookmarks: true, timeoutSeconds };
    let hasTold = false;
    for await (const event of this.#client.watch(this.kind, options, signal)) {
      hasTold = true;
      this.#failures = 0;
      this.#see(event);
    }
    if (!hasTold && clock.now() - began < SHORT_WATCH && !signal.aborted) throw new Error(`the watch of ${this.kind.plural} ended at once`);
  }

  #see(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return this.#reach(event.resourceVersion);
    const { object } = event;
    const key = keyOf(object);
    if (event.type !== 'DELETED') this.#put(key, object);
    else {
      const before = this.#objects.get(key);
      // One of the same name that was made since is another object.
      if (before && before.metadata.uid === object.metadata.uid) this.#change(key, before, undefined);
    }
    this.#reach(object.metadata.resourceVersion!);
  }

  /** What was seen already, and what is older, changes nothing: a resumed watch may tell of it again. */
  #put(key: ObjectKey, after: T): void {
    const before = this.#objects.get(key);
    if (!before) return this.#change(key, undefined, after);
    if (before.metadata.uid !== after.metadata.uid) {
      this.#change(key, before, undefined);
      this.#change(key, undefined, after);
    } else if (versionOf(before) < versionOf(after)) this.#change(key, before, after);
  }

  #change(key: ObjectKey, before: T | undefined, after: T | undefined): void {
    if (after) this.#objects.set(key, after);
    else this.#objects.delete(key);
    this.#indexes.changed(before, after);
    for (const handler of this.#handlers) handler({ before, after });
  }

  #reach(version: string): void {
    this.#version = version;
    this.#reached = Math.max(this.#reached, Number(version));
    for (const entry of this.#waiting) if (entry.version <= this.#reached) entry.resolve();
  }
}

/** Within one kind, versions are numbers that grow. */
const versionOf = (object: KubeObject) => Number(object.metadata.resourceVersion);
