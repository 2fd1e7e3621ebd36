import { StatusError } from '../../base/index.ts';
import type {
  ApplyOptions,
  Client,
  DeleteOptions,
  Informer,
  ListOptions,
  ObjectList,
  Patch,
  Target,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../../client/index.ts';
import type { Kind, KindRef, KubeObject, Manifest } from '../../model/index.ts';
import type { Entry, Store } from '../../store/index.ts';
import type { Api, Caller, Found, Measure, Place, Reviews, Seen, WriteQuery } from '../api.ts';
import { notServed } from '../refusals.ts';
import { present } from '../verbs/present.ts';
import { StoreInformer } from './informer.ts';
import { Pieces } from './pieces.ts';

export interface LocalClientOptions {
  readonly api: Api;
  readonly store: Store;
  readonly manager: string;
  /** What it writes is derived from objects that were validated at the door. */
  readonly trusted: boolean;
  /** What it writes is no webhook's and no policy's business: a cluster must begin, whatever they say. */
  readonly exempt?: boolean;
  /** What is posted and answered, and not kept. */
  readonly reviews?: Reviews;
  /** What is measured when it is read, and not kept. */
  readonly measure?: Measure;
}

/** A watch may be this many events behind before it ends. */
const LONGEST_BACKLOG = 10_000;

/** The client that needs no HTTP: the same handlers, no copies. */
export function localClient(options: LocalClientOptions): Client & { close(): void } {
  const informers = new Map<string, StoreInformer<KubeObject>>();
  const root = new LocalClient(options, informers, new Pieces());
  return Object.assign(root, {
    close: () => {
      for (const informer of informers.values()) informer.close();
    },
  });
}

class LocalClient implements Client {
  readonly manager: string;
  readonly #options: LocalClientOptions;
  readonly #informers: Map<string, StoreInformer<KubeObject>>;
  readonly #pieces: Pieces;
  readonly #api: Api;
  readonly #caller: Caller;

  constructor(options: LocalClientOptions, informers: Map<string, StoreInformer<KubeObject>>, pieces: Pieces) {
    this.#options = options;
    this.#informers = informers;
    this.#pieces = pieces;
    this.#api = options.api;
    this.manager = options.manager;
    this.#caller = { user: `system:slipway:${options.manager}`, groups: ['system:masters'], manager: options.manager };
  }

  as(manager: string): Client {
    return new LocalClient({ ...this.#options, manager }, this.#informers, this.#pieces);
  }

  async get<T>(kind: KindRef<T>, name: string, namespace?: string): Promise<T> {
    const place = this.#place(kind, namespace, name);
    const measured = await this.#options.measure?.(place, {});
    return (measured ? measured.items[0]! : this.#api.get(place)).value as T;
  }

  async read<T>(target: Target<T>): Promise<Manifest> {
    return this.#api.get(this.#placeOfTarget(target)).value;
  }

  async list<T>(kind: KindRef<T>, options: ListOptions = {}): Promise<ObjectList<T>> {
    const place = this.#place(kind, options.namespace);
    const { items, revision, continue: next } = (await this.#options.measure?.(place, options)) ?? this.#api.list(place, options);
    return { items: items.map((found) => found.value as T), resourceVersion: String(revision), ...(next ? { continue: next } : {}) };
  }

  async *watch<T>(
    kind: KindRef<T>,
    options: WatchOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const queue: Seen[] = [];
    let wake = () => {};
    const watching = this.#api.watch(this.#place(kind, options.namespace), options, (seen) => {
      if (queue.length < LONGEST_BACKLOG) queue.push(seen);
      else if (queue.length === LONGEST_BACKLOG) queue.push({ type: 'ERROR', error: new StatusError('Expired', 'the watch fell behind') });
      wake();
    });
    const stop = () => wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        const seen = queue.shift();
        if (!seen) await new Promise<void>((resolve) => (wake = resolve));
        else if (seen.type === 'END') return;
        else if (seen.type === 'ERROR') throw seen.error;
        else if (seen.type === 'BOOKMARK') yield { type: 'BOOKMARK', resourceVersion: String(seen.revision) };
        else yield { type: seen.type, object: seen.found.value as T };
      }
    } finally {
      signal.removeEventListener('abort', stop);
      watching.close();
    }
  }

  async create<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const place = this.#place(kind, object.metadata.namespace);
    const review = this.#options.reviews?.(place);
    if (review) return (await review(place, object as unknown as Manifest, this.#caller)) as unknown as T;
    return this.#write(options, (query) => this.#api.create(place, object as unknown as Manifest, query, this.#caller));
  }

  async update<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#update(this.#placeOf(kind, object), object, options);
  }

  async updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#update({ ...this.#placeOf(kind, object), subresource: 'status' }, object, options);
  }

  async patch<T>(target: Target<T>, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const place = this.#placeOfTarget(target);
    return this.#write(options, (query) => this.#api.patch(place, patch, query, this.#caller));
  }

  async apply<T>(kind: KindRef<T>, object: Manifest, options: ApplyOptions = {}): Promise<T> {
    const applied = options.uid ? { ...object, metadata: { ...object.metadata, uid: options.uid } } : object;
    const { force = false, note } = options;
    const place = this.#placeOf(kind, object);
    return this.#write(options, (query) =>
      this.#api.patch(place, { type: 'apply', object: applied }, { ...query, force, note }, this.#caller),
    );
  }

  async delete<T>(target: Target<T>, options: DeleteOptions = {}): Promise<void> {
    const { propagation, gracePeriodSeconds, preconditions } = options;
    const place = this.#placeOfTarget(target);
    const asked = { propagationPolicy: propagation, gracePeriodSeconds, preconditions };
    await this.#write(options, (query) => this.#api.delete(place, { ...query, ...asked }, this.#caller));
  }

  async post<T>(target: Target<T>, body: Manifest, options: WriteOptions = {}): Promise<Manifest> {
    const place = this.#placeOfTarget(target);
    const review = this.#options.reviews?.(place);
    if (review) return review(place, body, this.#caller);
    return this.#write(options, (query) => this.#api.create(place, body, query, this.#caller));
  }

  async put<T>(target: Target<T>, body: Manifest, options: WriteOptions = {}): Promise<Manifest> {
    return this.#update(this.#placeOfTarget(target), body, options);
  }

  durable(resourceVersion: string): Promise<void> {
    return this.#api.durable(Number(resourceVersion));
  }

  async kindOf(apiVersion: string, kind: string): Promise<KindRef<Manifest> | undefined> {
    return this.#api.kinds.byApiVersion(apiVersion, kind);
  }

  informer<T extends KubeObject>(kind: KindRef<T>): Informer<T> {
    const served = this.#kind(kind);
    const name = `${served.group}/${served.version}/${served.plural}`;
    let informer = this.#informers.get(name);
    if (!informer) this.#informers.set(name, (informer = this.#newInformer(served)));
    return informer as unknown as Informer<T>;
  }

  /** A definition may be written again while the cache is in use: what it shows is asked for each time. */
  #newInformer(kind: Kind): StoreInformer<KubeObject> {
    const { group, version, plural, stored } = kind;
    const show = (entry: Entry) => present(this.#api.kinds.byResource(group, version, plural) ?? kind, entry).value as KubeObject;
    return new StoreInformer<KubeObject>(this.#options.store, kind as KindRef<KubeObject>, stored && show, this.#pieces);
  }

  async #update<T extends KubeObject>(place: Place, object: T, options: WriteOptions): Promise<T> {
    return this.#write(options, (query) => this.#api.update(place, object as unknown as Manifest, query, this.#caller));
  }

  /** In this turn, where nobody else has a say in it. */
  #write<T>(options: WriteOptions, act: (query: WriteQuery) => { readonly found: Found }): T | Promise<T> {
    const query = this.#query(options);
    const written = this.#options.exempt ? act(query) : this.#api.attend((hearing) => act(hearing ? { ...query, hearing } : query));
    return written instanceof Promise ? written.then(({ found }) => found.value as T) : (written.found.value as T);
  }

  #query({ dryRun, fieldValidation, because }: WriteOptions): WriteQuery {
    const { trusted, exempt } = this.#options;
    return { dryRun, fieldValidation, because, trusted, ...(exempt ? { exempt } : {}) };
  }

  #kind(kind: KindRef<unknown>): Kind {
    const served = this.#api.kinds.served(kind);
    if (!served) throw notServed();
    return served;
  }

  #place(kind: KindRef<unknown>, namespace?: string, name?: string): Place {
    return { kind: this.#kind(kind), namespace, name };
  }

  #placeOf(kind: KindRef<unknown>, { metadata }: KubeObject): Place {
    return this.#place(kind, metadata.namespace, metadata.name);
  }

  #placeOfTarget({ kind, namespace, name, subresource }: Target<unknown>): Place {
    return { ...this.#place(kind, namespace, name), subresource };
  }
}
