import type { Client } from '../../client/index.ts';
import type { KindRef, Manifest } from '../../model/index.ts';

type Typed = Pick<Manifest, 'apiVersion' | 'kind'>;

/** Which kinds the cluster serves. What is served is remembered; what is not may come with the next definition. */
export class KindLookup {
  readonly #client: Pick<Client, 'kindOf'>;
  readonly #known = new Map<string, KindRef<Manifest>>();

  constructor(client: Pick<Client, 'kindOf'>) {
    this.#client = client;
  }

  async find(typed: Typed): Promise<KindRef<Manifest> | undefined> {
    return (await this.resolve([typed]))(typed);
  }

  /** Asks once for each kind among the objects. */
  async resolve(objects: readonly Typed[]): Promise<(typed: Typed) => KindRef<Manifest> | undefined> {
    const missing = new Map(objects.filter((object) => !this.#known.has(nameOf(object))).map((object) => [nameOf(object), object]));
    for (const [name, { apiVersion, kind }] of missing) {
      const found = await this.#client.kindOf(apiVersion, kind);
      if (found) this.#known.set(name, found);
    }
    return (typed) => this.#known.get(nameOf(typed));
  }
}

function nameOf({ apiVersion, kind }: Typed): string {
  return `${apiVersion} ${kind}`;
}
