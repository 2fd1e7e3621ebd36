import { isStatus, systemRandom, type Clock, type Millis, type Random } from '../../base/index.ts';
import { apiVersionOf, splitApiVersion, type KindRef, type KubeObject, type Manifest } from '../../model/index.ts';
import type {
  ApplyOptions, Client, DeleteOptions, Informer, ListOptions, ObjectList, Patch, Target, WatchEvent, WatchOptions, WriteOptions,
} from '../client.ts'; // prettier-ignore
import { WatchInformer } from '../informer.ts';
import type { Connection } from './connection.ts';
import { statusError } from './refusal.ts';
import { Wire, type Call } from './wire.ts';

export interface HttpClientOptions {
  /** The field manager under which it writes. */
  readonly manager: string;
  readonly clock: Clock;
  readonly random?: Random;
  /** Told when an informer's watch is interrupted. */
  readonly interrupted?: (kind: KindRef, error: unknown, retryMs: Millis) => void;
}

/** What clients under different names have in common. */
interface Shared {
  readonly wire: Wire;
  readonly options: HttpClientOptions;
  readonly informers: Map<string, WatchInformer<KubeObject>>;
  readonly discovered: Map<string, readonly KindRef<Manifest>[]>;
}

export interface OpenedClient extends Client {
  /** What lies at a path that is no object's, a JSON value a line, for as long as it goes on. */
  lines(path: string, query: Call['query'], signal: AbortSignal): AsyncIterable<unknown>;
  /** What lies there as it stands. */
  text(path: string): Promise<string>;
  close(): Promise<void>;
}

/** An ordinary Kubernetes client: it works against any API server. */
export function httpClient(connection: Connection, options: HttpClientOptions): OpenedClient {
  const wire = new Wire(connection, options);
  const shared: Shared = { wire, options, informers: new Map(), discovered: new Map() };
  return Object.assign(new HttpClient(shared, options.manager), {
    lines: (path: string, query: Call['query'], signal: AbortSignal) =>
      wire.lines({ method: 'GET', path, query }, `${options.manager}/slipway`, signal),
    text: (path: string) => wire.text({ method: 'GET', path }, `${options.manager}/slipway`),
    close: async () => {
      await Promise.all([...shared.informers.values()].map((informer) => informer.close()));
      wire.close();
    },
  });
}

const PATCH_TYPES = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

class HttpClient implements Client {
  readonly manager: string;
  readonly #shared: Shared;

  constructor(shared: Shared, manager: string) {
    this.#shared = shared;
    this.manager = manager;
  }

  as(manager: string): Client {
    return new HttpClient(this.#shared, manager);
  }

  async get<T>(kind: KindRef<T>, name: string, namespace?: string): Promise<T> {
    return this.#call<T>({ method: 'GET', path: pathOf({ kind, name, namespace }) });
  }

  read<T>(target: Target<T>): Promise<Manifest> {
    return this.#call<Manifest>({ method: 'GET', path: pathOf(target) });
  }

  async list<T>(kind: KindRef<T>, { namespace, ...query }: ListOptions = {}): Promise<ObjectList<T>> {
    const { items, metadata } = await this.#call<ListAnswer>({ method: 'GET', path: pathOf({ kind, namespace }), query });
    // The items of Kubernetes' own lists do not say what they are.
    const type = { kind: kind.kind, apiVersion: apiVersionOf(kind) };
    const complete = (items ?? []).map((item) => ({ ...type, ...item }) as T);
    return { items: complete, resourceVersion: metadata.resourceVersion, ...(metadata.continue ? { continue: metadata.continue } : {}) };
  }

  async *watch<T>(
    kind: KindRef<T>,
    options: WatchOptions & { resourceVersion: string },
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>> {
    const { namespace, allowBookmarks, ...query } = options;
    const call: Call = {
      method: 'GET',
      path: pathOf({ kind, namespace }),
      query: { ...query, watch: true, allowWatchBookmarks: allowBookmarks },
    };
    for await (const line of this.#shared.wire.lines(call, this.#userAgent, signal)) yield eventOf<T>(line as WireEvent);
  }

  async create<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    const path = pathOf({ kind, namespace: object.metadata.namespace });
    return this.#call<T>({ method: 'POST', path, body: object, query: this.#writeQuery(options) });
  }

  async update<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace(targetOf(kind, object), object, options);
  }

  async updateStatus<T extends KubeObject>(kind: KindRef<T>, object: T, options: WriteOptions = {}): Promise<T> {
    return this.#replace({ ...targetOf(kind, object), subresource: 'status' }, object, options);
  }

  async patch<T>(target: Target<T>, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const body = patch.type === 'json' ? patch.operations : patch.patch;
    return this.#call<T>({
      method: 'PATCH',
      path: pathOf(target),
      body,
      contentType: PATCH_TYPES[patch.type],
      query: this.#writeQuery(options),
    });
  }

  async apply<T>(kind: KindRef<T>, object: Manifest, options: ApplyOptions = {}): Promise<T> {
    // An object of another uid is refused as a conflict.
    const body = options.uid ? { ...object, metadata: { ...object.metadata, uid: options.uid } } : object;
    const query = { ...this.#writeQuery(options), force: options.force ?? false };
    const target = targetOf<T>(kind, object);
    const applied = await this.#call<T>({ method: 'PATCH', path: pathOf(target), body, contentType: PATCH_TYPES.apply, query });
    if (!options.note || options.dryRun) return applied;
    const { manager, annotations } = options.note;
    return this.as(manager).patch(target, { type: 'merge', patch: { metadata: { annotations } } }, { because: options.because });
  }

  async delete<T>(target: Target<T>, { propagation, gracePeriodSeconds, preconditions, dryRun }: DeleteOptions = {}): Promise<void> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(propagation ? { propagationPolicy: propagation } : {}),
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      ...(preconditions ? { preconditions } : {}),
      ...(dryRun ? { dryRun: ['All'] } : {}),
    };
    await this.#call({ method: 'DELETE', path: pathOf(target), body });
  }

  async post<T>(target: Target<T>, body: Manifest, options: WriteOptions = {}): Promise<Manifest> {
    return this.#call<Manifest>({ method: 'POST', path: pathOf(target), body, query: this.#writeQuery(options) });
  }

  async put<T>(target: Target<T>, body: Manifest, options: WriteOptions = {}): Promise<Manifest> {
    return this.#replace(target, body, options);
  }

  /** A server answers only once it is on disk. */
  durable(): Promise<void> {
    return Promise.resolve();
  }

  async kindOf(apiVersion: string, kind: string): Promise<KindRef<Manifest> | undefined> {
    const { discovered } = this.#shared;
    const isIt = (ref: KindRef<Manifest>) => ref.kind === kind;
    const known = discovered.get(apiVersion)?.find(isIt);
    if (known) return known;
    // What is not known may have been added since.
    const found = await this.#discover(apiVersion);
    discovered.set(apiVersion, found);
    return found.find(isIt);
  }

  informer<T extends KubeObject>(kind: KindRef<T>): Informer<T> {
    const { informers, options } = this.#shared;
    const key = `${apiVersionOf(kind)}/${kind.plural}`;
    let informer = informers.get(key);
    if (!informer) {
      const failed = (error: unknown, retryMs: Millis) => options.interrupted?.(kind, error, retryMs);
      informer = new WatchInformer(this, kind as KindRef<KubeObject>, {
        clock: options.clock,
        random: options.random ?? systemRandom,
        failed,
      });
      informers.set(key, informer);
    }
    return informer as unknown as Informer<T>;
  }

  get #userAgent(): string {
    return `${this.manager}/slipway`;
  }

  async #call<T>(call: Call): Promise<T> {
    return (await this.#shared.wire.call(call, this.#userAgent)) as T;
  }

  #replace<T>(target: Target<unknown>, object: T, options: WriteOptions): Promise<T> {
    return this.#call<T>({ method: 'PUT', path: pathOf(target), body: object, query: this.#writeQuery(options) });
  }

  #writeQuery({ dryRun, fieldValidation }: WriteOptions): Call['query'] {
    return { fieldManager: this.manager, fieldValidation, ...(dryRun ? { dryRun: 'All' } : {}) };
  }

  async #discover(apiVersion: string): Promise<KindRef<Manifest>[]> {
    const { group, version } = splitApiVersion(apiVersion);
    try {
      const { resources } = await this.#call<{ resources: DiscoveredResource[] }>({ method: 'GET', path: rootOf({ group, version }) });
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, namespaced, kind }) => ({ group, version, kind, plural: name, namespaced }));
    } catch (error) {
      if (isStatus(error, 'NotFound')) return [];
      throw error;
    }
  }
}

interface ListAnswer {
  readonly items: readonly object[] | null;
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

interface DiscoveredResource {
  readonly name: string;
  readonly namespaced: boolean;
  readonly kind: string;
}

interface WireEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

function eventOf<T>({ type, object }: WireEvent): WatchEvent<T> {
  if (type === 'ERROR') throw statusError(object as unknown as Record<string, unknown>);
  if (type === 'BOOKMARK') return { type, resourceVersion: object.metadata.resourceVersion! };
  return { type, object: object as unknown as T };
}

const rootOf = ({ group, version }: { group: string; version: string }) => (group ? `/apis/${group}/${version}` : `/api/${version}`);

const targetOf = <T>(kind: KindRef<T>, { metadata }: KubeObject): Target<T> => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
});

function pathOf({ kind, namespace, name, subresource }: Partial<Target<unknown>> & { kind: KindRef<unknown> }): string {
  const steps = [
    ...(kind.namespaced && namespace ? ['namespaces', namespace] : []),
    kind.plural,
    ...(name ? [name] : []),
    ...(subresource ? [subresource] : []),
  ];
  return `${rootOf(kind)}/${steps.map(encodeURIComponent).join('/')}`;
}
