import { Memory } from '../../base/index.ts';
import type { Client, Informer } from '../../client/index.ts';
import {
  keyOf,
  resourceName,
  splitApiVersion,
  type KindRef,
  type KubeObject,
  type ObjectKey,
  type OwnerReference,
} from '../../model/index.ts';

/** An object with its kind: objects from lists do not say theirs. */
export interface Node {
  readonly kind: KindRef<KubeObject>;
  readonly object: KubeObject;
}

const OWNER = 'controllers/owner';

/** Owners that went lately are remembered: their dependents may be looked at only when their kind has gone too. */
const MANY_GONE = 500;

/** Who owns whom, over all kinds that are served: a view of the caches, without a copy. */
export class Graph {
  readonly #client: Client;
  readonly #byResource = new Map<string, Informer<KubeObject>>();
  /** By group and kind: owners are named in any version. */
  readonly #byKind = new Map<string, Informer<KubeObject>>();
  readonly #gone = new Memory<string, true>(MANY_GONE);

  constructor(client: Client) {
    this.#client = client;
  }

  add(kind: KindRef<KubeObject>): void {
    const informer = this.#client.informer(kind);
    informer.index(OWNER, ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? []);
    this.#byKind.set(`${kind.group} ${kind.kind}`, informer);
    this.#byResource.set(resourceName(kind), informer);
  }

  remove(kind: KindRef<KubeObject>): void {
    this.#byKind.delete(`${kind.group} ${kind.kind}`);
    this.#byResource.delete(resourceName(kind));
  }

  /** An owner was seen to go. */
  noteGone(uid: string): void {
    this.#gone.set(uid, true);
  }

  isGone(uid: string): boolean {
    return this.#gone.get(uid) ?? false;
  }

  dependentsOf(uid: string): readonly Node[] {
    const found: Node[] = [];
    for (const informer of this.#byResource.values()) {
      for (const object of informer.by(OWNER, uid)) found.push({ kind: informer.kind, object });
    }
    return found;
  }

  kindOf(reference: OwnerReference): KindRef<KubeObject> | undefined {
    return this.#informerOf(reference)?.kind;
  }

  #informerOf({ apiVersion, kind }: OwnerReference): Informer<KubeObject> | undefined {
    return this.#byKind.get(`${splitApiVersion(apiVersion).group} ${kind}`);
  }

  /** The owner as the caches know it; undefined when they do not, or know another object of that name. */
  ownerOf(dependent: KubeObject, reference: OwnerReference): Node | undefined {
    const informer = this.#informerOf(reference);
    if (!informer) return undefined;
    const object = informer.get(ownerKey(informer.kind, dependent, reference));
    return object?.metadata.uid === reference.uid ? { kind: informer.kind, object: object! } : undefined;
  }

  /** The owner is there, but in another namespace. Looks at all of its kind: for what is born with an owner that is not found. */
  isElsewhere({ metadata: { namespace } }: KubeObject, reference: OwnerReference): boolean {
    const informer = this.#informerOf(reference);
    if (!informer?.kind.namespaced) return false;
    return informer.list().some(({ metadata }) => metadata.uid === reference.uid && metadata.namespace !== namespace);
  }

  /** One key space for objects of all kinds. */
  keyOf({ kind, object }: Node): ObjectKey {
    return `${resourceName(kind)} ${keyOf(object)}`;
  }

  find(key: ObjectKey): Node | undefined {
    const space = key.indexOf(' ');
    const informer = this.#byResource.get(key.slice(0, space));
    const object = informer?.get(key.slice(space + 1));
    return object && { kind: informer!.kind, object };
  }
}

function ownerKey(kind: KindRef<KubeObject>, dependent: KubeObject, { name }: OwnerReference): ObjectKey {
  return kind.namespaced ? `${dependent.metadata.namespace}/${name}` : name;
}
