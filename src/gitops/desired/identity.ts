import { apiVersionOf, splitApiVersion, type InventoryItem, type KindRef, type KubeObject, type Manifest } from '../../model/index.ts';

/** Which object is meant, whatever version of its kind is spoken: `apps/Deployment/web/hello`. */
export type Identity = string;

export function identityOf({
  apiVersion,
  kind,
  namespace,
  name,
}: Pick<InventoryItem, 'apiVersion' | 'kind' | 'namespace' | 'name'>): Identity {
  return `${splitApiVersion(apiVersion).group}/${kind}/${namespace ?? ''}/${name}`;
}

const ofItems = new WeakMap<InventoryItem, Identity>();

/** Items stay the same values from sync to sync: each is named once. */
export function identityOfItem(item: InventoryItem): Identity {
  let identity = ofItems.get(item);
  if (identity === undefined) ofItems.set(item, (identity = identityOf(item)));
  return identity;
}

export function identityOfObject(object: KubeObject): Identity {
  const { apiVersion, kind, metadata } = object;
  return identityOf({ apiVersion, kind, namespace: metadata.namespace, name: metadata.name });
}

/** An object without its content: enough to read, apply or delete it. */
export interface Target {
  readonly kind: KindRef<Manifest>;
  readonly namespace?: string;
  readonly name: string;
}

export function identityOfTarget({ kind, namespace, name }: Target): Identity {
  return identityOf({ apiVersion: apiVersionOf(kind), kind: kind.kind, namespace, name });
}

/** `Deployment web/hello`: how people read it. */
export function formatTarget({ kind, namespace, name }: { kind: { kind: string }; namespace?: string; name: string }): string {
  return `${kind.kind} ${namespace ? `${namespace}/` : ''}${name}`;
}
