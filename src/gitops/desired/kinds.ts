import type { Client } from '../../client/index.ts';
import type { KindRef, Manifest } from '../../model/index.ts';
import { kindName } from './definitions.ts';

type Typed = Pick<Manifest, 'apiVersion' | 'kind'>;

/** Which kinds the cluster serves. What is served is remembered until it is forgotten; what is not may come with the next definition. */
export class KindLookup {
  readonly #client: Pick<Client, 'kindOf'>;
  readonly #known = new Map<string, KindRef<Manifest>>();

  constructor(client: Pick<Client, 'kindOf'>) {
    this.#client = client;
  }

  /** A definition of the group has changed or is gone. */
  forget(group: string): void {
    for (const [name, kind] of this.#known) if (kind.group === group) this.#known.delete(name);
  }

  async find(typed: Typed): Promise<KindRef<Manifest> | undefined> {
    return (await this.resolve([typed]))(typed);
  }

  /** Asks once for each kind among the objects. */
  async resolve(objects: readonly Typed[]): Promise<(typed: Typed) => KindRef<Manifest> | undefined> {
    const missing = new Map(objects.filter((object) => !this.#known.has(kindName(object))).map((object) => [kindName(object), object]));
    for (const [name, { apiVersion, kind }] of missing) {
      const found = await this.#client.kindOf(apiVersion, kind);
      if (found) this.#known.set(name, found);
    }
    return (typed) => this.#known.get(kindName(typed));
  }
}
