import { equalJson, type Millis } from '../../base/index.ts';
import type { ObjectList } from '../../client/index.ts';
import {
  NAMESPACES,
  PODS,
  resourceName,
  type KindRef,
  type KubeObject,
  type Manifest,
  type Namespace,
  type ObjectKey,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideNamespaceStatus, type Remains } from './status.ts';

/** The finalizer in `spec.finalizers` that stands for the contents. */
const CONTENTS = 'kubernetes';

const PAGE = 500;

/** A large namespace loses thousands of objects one by one: it is looked at again now and then, not at each. */
const PAUSE: Millis = 100;

export function namespaceReconciler({ client, clock }: ControllerContext, contents: () => readonly KindRef<KubeObject>[]): Reconcile {
  const namespaces = client.informer(NAMESPACES);
  const lastLook = new Map<ObjectKey, Millis>();
  const isPods = (kind: KindRef<KubeObject>) => resourceName(kind) === resourceName(PODS);

  /** Called again whenever something in the namespace has gone. */
  return async (name: ObjectKey): Promise<Outcome> => {
    const namespace = namespaces.get(name);
    if (!namespace?.metadata.deletionTimestamp || !namespace.spec?.finalizers?.includes(CONTENTS)) {
      lastLook.delete(name);
      return SETTLED;
    }
    const early = (lastLook.get(name) ?? -Infinity) + PAUSE - clock.now();
    if (early > 0) return { kind: 'waiting', afterMs: early, on: 'contents' };
    lastLook.set(name, clock.now());
    const remains = await empty(name);
    const status = decideNamespaceStatus(namespace, remains, clock.now());
    const current = equalJson(status, namespace.status)
      ? namespace
      : await client.updateStatus(NAMESPACES, { ...namespace, status }).catch(ignoreNotFound);
    const failed = remains.find(({ failure }) => failure !== undefined);
    if (failed) throw failed.failure;
    if (current && remains.every(({ objects }) => objects.length === 0)) await finalize(current);
    return SETTLED;
  };

  /** Pods go first, and to their end: what they use (accounts, claims, secrets) outlives them. */
  async function empty(namespace: string): Promise<readonly Remains[]> {
    const kinds = contents();
    const pods = await Promise.all(kinds.filter(isPods).map((kind) => removeAll(kind, namespace)));
    if (pods.some(({ objects }) => objects.length > 0)) return pods;
    return Promise.all(kinds.filter((kind) => !isPods(kind)).map((kind) => removeAll(kind, namespace)));
  }

  /** Deletes what is there, and gives what is still there afterwards: read live, for a cache may not know the last object yet. */
  async function removeAll(kind: KindRef<KubeObject>, namespace: string): Promise<Remains> {
    let failure: unknown;
    const remove = async ({ metadata: { name, uid, deletionTimestamp } }: KubeObject) => {
      if (deletionTimestamp) return;
      try {
        await client.delete({ kind, name, namespace }, { propagation: 'Background', preconditions: { uid } }).catch(ignoreNotFound);
      } catch (error) {
        failure ??= error;
      }
    };
    const found = await listAll(kind, namespace);
    for (let from = 0; from < found.length; from += PAGE) await Promise.all(found.slice(from, from + PAGE).map(remove));
    return { kind, objects: await listAll(kind, namespace), failure };
  }

  async function listAll(kind: KindRef<KubeObject>, namespace: string): Promise<readonly KubeObject[]> {
    const found: KubeObject[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: ObjectList<KubeObject> = await client.list(kind, { namespace, limit: PAGE, ...(next ? { continue: next } : {}) });
      found.push(...page.items);
      next = page.continue || undefined;
    }
    return found;
  }

  async function finalize(namespace: Namespace): Promise<void> {
    const finalizers = namespace.spec!.finalizers!.filter((finalizer) => finalizer !== CONTENTS);
    const body = { ...namespace, spec: { ...namespace.spec, finalizers } };
    await client
      .put({ kind: NAMESPACES, name: namespace.metadata.name, subresource: 'finalize' }, body as unknown as Manifest)
      .catch(ignoreNotFound);
  }
}
