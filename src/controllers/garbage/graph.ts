import type { Client, Informer } from '../../client/index.ts';
import {
  apiVersionOf,
  keyOf,
  resourceName,
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

/** Who owns whom, over all kinds: a view of the caches, without a copy. */
export class Graph {
  readonly #informers: readonly Informer<KubeObject>[];
  readonly #byKind: ReadonlyMap<string, Informer<KubeObject>>;
  readonly #byResource: ReadonlyMap<string, Informer<KubeObject>>;

  constructor(client: Client, kinds: readonly KindRef<KubeObject>[]) {
    this.#informers = kinds.map((kind) => client.informer(kind));
    for (const informer of this.#informers) informer.index(OWNER, ({ metadata }) => metadata.ownerReferences?.map(({ uid }) => uid) ?? []);
    this.#byKind = new Map(this.#informers.map((informer) => [`${apiVersionOf(informer.kind)} ${informer.kind.kind}`, informer]));
    this.#byResource = new Map(this.#informers.map((informer) => [resourceName(informer.kind), informer]));
  }

  dependentsOf(uid: string): readonly Node[] {
    return this.#informers.flatMap((informer) => informer.by(OWNER, uid).map((object) => ({ kind: informer.kind, object })));
  }

  kindOf({ apiVersion, kind }: OwnerReference): KindRef<KubeObject> | undefined {
    return this.#byKind.get(`${apiVersion} ${kind}`)?.kind;
  }

  /** The owner as the caches know it; undefined when they do not, or know another object of that name. */
  ownerOf(dependent: KubeObject, reference: OwnerReference): Node | undefined {
    const informer = this.#byKind.get(`${reference.apiVersion} ${reference.kind}`);
    if (!informer) return undefined;
    const object = informer.get(ownerKey(informer.kind, dependent, reference));
    return object?.metadata.uid === reference.uid ? { kind: informer.kind, object: object! } : undefined;
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
