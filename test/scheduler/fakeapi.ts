import type { Client, Informer, InformerChange, Patch, Target } from '../../src/client/index.ts';
import { keyOf, type KindRef, type KubeObject, type Manifest, type ObjectKey } from '../../src/model/index.ts';

/** Objects of one kind, and whoever follows them. */
class FakeInformer<T extends KubeObject> implements Informer<T> {
  readonly kind: KindRef<T>;
  readonly synced = Promise.resolve();
  readonly objects = new Map<ObjectKey, T>();
  readonly #handlers = new Set<(change: InformerChange<T>) => void>();

  constructor(kind: KindRef<T>) {
    this.kind = kind;
  }

  set(key: ObjectKey, after: T | undefined): void {
    const before = this.objects.get(key);
    if (after) this.objects.set(key, after);
    else this.objects.delete(key);
    if (before || after) for (const handler of this.#handlers) handler({ before, after });
  }

  get(key: ObjectKey): T | undefined {
    return this.objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    return [...this.objects.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace);
  }

  readonly #indexes = new Map<string, (object: T) => readonly string[]>();

  by(index: string, value: string): readonly T[] {
    return this.list().filter((object) => this.#indexes.get(index)!(object).includes(value));
  }

  index(name: string, values: (object: T) => readonly string[]): void {
    this.#indexes.set(name, values);
  }

  subscribe(handler: (change: InformerChange<T>) => void): { close(): void } {
    const following = this.follow(handler);
    for (const after of this.objects.values()) handler({ before: undefined, after });
    return following;
  }

  follow(handler: (change: InformerChange<T>) => void): { close(): void } {
    this.#handlers.add(handler);
    return { close: () => this.#handlers.delete(handler) };
  }

  async reached(): Promise<void> {}
}

/** What a test does with a write that the room sends, instead of an API server. */
export interface Answers {
  post?: (target: Target<unknown>, body: Manifest) => Promise<Manifest>;
  patch?: (target: Target<unknown>, patch: Patch) => Promise<unknown>;
  delete?: (target: Target<unknown>) => Promise<void>;
}

/** A client that gives what the test puts into its caches, and hands writes to the test. */
export class FakeApi {
  readonly client: Client;
  readonly #informers = new Map<string, FakeInformer<KubeObject>>();

  constructor(answers: Answers = {}) {
    const refused = (verb: string) => async () => {
      throw new Error(`the test gave no answer for ${verb}`);
    };
    this.client = {
      manager: 'test',
      as: () => this.client,
      informer: <T extends KubeObject>(kind: KindRef<T>) => this.of(kind),
      post: answers.post ?? refused('post'),
      patch: answers.patch ?? refused('patch'),
      delete: answers.delete ?? refused('delete'),
      durable: async () => {},
      ...Object.fromEntries(['get', 'list', 'create', 'update', 'updateStatus', 'apply', 'kindOf'].map((verb) => [verb, refused(verb)])),
    } as unknown as Client;
  }

  of<T extends KubeObject>(kind: KindRef<T>): FakeInformer<T> {
    let informer = this.#informers.get(kind.plural);
    if (!informer) this.#informers.set(kind.plural, (informer = new FakeInformer<KubeObject>(kind as KindRef<KubeObject>)));
    return informer as unknown as FakeInformer<T>;
  }

  put<T extends KubeObject>(kind: KindRef<T>, ...objects: readonly T[]): void {
    for (const object of objects) this.of(kind).set(keyOf(object), object);
  }

  remove<T extends KubeObject>(kind: KindRef<T>, key: ObjectKey): void {
    this.of(kind).set(key, undefined);
  }
}
