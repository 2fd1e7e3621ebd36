import type { Scope } from '../base/index.ts';
import type { Client, DeleteOptions, Informer, Patch, Target, WriteOptions } from '../client/index.ts';
import { type KindRef, type KubeObject, type Manifest } from '../model/index.ts';

/**
 * The client as a controller sees it: a write to a kind that the controller reads returns only once the cache shows it,
 * so that nothing decided on the cache is decided twice. A delete has arrived when the uid is gone or on its way out.
 */
export function readOwnWrites(client: Client, kinds: readonly KindRef<KubeObject>[], scope: Scope): Client {
  const caches = new Map(kinds.map((kind) => [nameOf(kind), new OwnCache(client.informer(kind), scope)]));
  const seen = async <T>(kind: KindRef<T>, written: T): Promise<T> => {
    await caches.get(nameOf(kind))?.reached(written as unknown as KubeObject);
    return written;
  };
  return {
    manager: client.manager,
    as: (manager) => readOwnWrites(client.as(manager), kinds, scope),
    get: (kind, name, namespace) => client.get(kind, name, namespace),
    read: (target) => client.read(target),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options, signal) => client.watch(kind, options, signal),
    create: async (kind, object, options) => seen(kind, await client.create(kind, object, options)),
    update: async (kind, object, options) => seen(kind, await client.update(kind, object, options)),
    updateStatus: async (kind, object, options) => seen(kind, await client.updateStatus(kind, object, options)),
    patch: async <T>(target: Target<T>, patch: Patch, options?: WriteOptions) =>
      seen(target.kind, await client.patch(target, patch, options)),
    apply: async (kind, object, options) => seen(kind, await client.apply(kind, object, options)),
    delete: async <T>(target: Target<T>, options?: DeleteOptions) => {
      await client.delete(target, options);
      await caches.get(nameOf(target.kind))?.left(target, options?.preconditions?.uid);
    },
    post: (target, body: Manifest, options) => client.post(target, body, options),
    put: (target, body: Manifest, options) => client.put(target, body, options),
    durable: (resourceVersion) => client.durable(resourceVersion),
    kindOf: (apiVersion, kind) => client.kindOf(apiVersion, kind),
    informer: (kind) => client.informer(kind),
  };
}

const nameOf = (kind: KindRef<unknown>) => `${kind.group}/${kind.plural}`;

interface Waiting {
  readonly isGone: () => boolean;
  readonly resolve: () => void;
}

class OwnCache {
  readonly #informer: Informer<KubeObject>;
  readonly #scope: Scope;
  readonly #waiting = new Set<Waiting>();
  #following = false;

  constructor(informer: Informer<KubeObject>, scope: Scope) {
    this.#informer = informer;
    this.#scope = scope;
  }

  async reached(written: KubeObject): Promise<void> {
    await this.#informer.reached(written.metadata.resourceVersion!, this.#scope.signal);
  }

  /** Without a uid, the object that has the name now is waited for. */
  async left({ name, namespace }: Target<unknown>, uid: string | undefined): Promise<void> {
    const key = namespace ? `${namespace}/${name}` : name;
    const leaving = uid ?? this.#informer.get(key)?.metadata.uid;
    const isGone = () => {
      const present = this.#informer.get(key);
      return present?.metadata.uid !== leaving || present?.metadata.deletionTimestamp !== undefined;
    };
    if (isGone()) return;
    this.#follow();
    await new Promise<void>((resolve, reject) => {
      const { signal } = this.#scope;
      const stop = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      const arrived = () => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      this.#waiting.add({ isGone, resolve: arrived });
    });
  }

  #follow(): void {
    if (this.#following) return;
    this.#following = true;
    this.#scope.use(this.#informer.follow(() => this.#changed()));
  }

  #changed(): void {
    for (const waiting of this.#waiting) {
      if (!waiting.isGone()) continue;
      this.#waiting.delete(waiting);
      waiting.resolve();
    }
  }
}
