import type { Client } from '../../client/index.ts';
import { splitApiVersion, type KindRef, type Manifest } from '../../model/index.ts';
import { kindName } from './definitions.ts';

type Typed = Pick<Manifest, 'apiVersion' | 'kind'>;

/** Which kinds the cluster serves. What is served is remembered until it is forgotten; what is not may come with the next definition. */
export class KindLookup {
  readonly #client: Pick<Client, 'kindOf'>;
  /** By apiVersion and kind. */
  readonly #known = new Map<string, Map<string, KindRef<Manifest>>>();

  constructor(client: Pick<Client, 'kindOf'>) {
    this.#client = client;
  }

  /** A definition of the group has changed or is gone. */
  forget(group: string): void {
    for (const apiVersion of this.#known.keys()) if (splitApiVersion(apiVersion).group === group) this.#known.delete(apiVersion);
  }

  async find(typed: Typed): Promise<KindRef<Manifest> | undefined> {
    return this.#get(typed) ?? (await this.resolve([typed]))(typed);
  }

  /** Asks once for each kind among the objects. */
  async resolve(objects: readonly Typed[]): Promise<(typed: Typed) => KindRef<Manifest> | undefined> {
    const missing = new Map(objects.filter((object) => !this.#get(object)).map((object) => [kindName(object), object] as const));
    for (const { apiVersion, kind } of missing.values()) {
      const found = await this.#client.kindOf(apiVersion, kind);
      if (!found) continue;
      const kinds = this.#known.get(apiVersion) ?? new Map<string, KindRef<Manifest>>();
      this.#known.set(apiVersion, kinds.set(kind, found));
    }
    return (typed) => this.#get(typed);
  }

  #get({ apiVersion, kind }: Typed): KindRef<Manifest> | undefined {
    return this.#known.get(apiVersion)?.get(kind);
  }
}
