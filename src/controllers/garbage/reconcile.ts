import type { KindRef, KubeObject, ObjectKey, OwnerReference } from '../../model/index.ts';
import { ignoreNotFound, setOwners } from '../claims.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideFate, FOREGROUND, isOrphaning, isWaitingForDependents, ORPHAN, type Fate, type Owner } from './fate.ts';
import type { Graph, Node } from './graph.ts';

export function garbageReconciler({ client, log }: ControllerContext, graph: Graph): Reconcile {
  return async (key: ObjectKey): Promise<Outcome> => {
    const node = graph.find(key);
    if (!node) return SETTLED;
    if (isWaitingForDependents(node.object)) return letGoOnceFree(node);
    if (isOrphaning(node.object)) return orphanDependents(node);
    if (node.object.metadata.deletionTimestamp) return SETTLED;
    return meet(node, await fateOf(node));
  };

  async function fateOf({ object }: Node): Promise<Fate> {
    const references = object.metadata.ownerReferences ?? [];
    const owners = await Promise.all(references.map((reference) => lookUp(object, reference)));
    const dependents = graph.dependentsOf(object.metadata.uid!).map((dependent) => dependent.object);
    return decideFate(object, owners, dependents);
  }

  /** An owner is absent only when a live read says so: the cache may not know it yet. */
  async function lookUp(dependent: KubeObject, reference: OwnerReference): Promise<Owner> {
    const cached = graph.ownerOf(dependent, reference);
    if (cached) return { reference, state: isWaitingForDependents(cached.object) ? 'waiting' : 'solid' };
    const kind: KindRef<KubeObject> | undefined = graph.kindOf(reference) ?? (await client.kindOf(reference.apiVersion, reference.kind));
    const { namespace } = dependent.metadata;
    if (!kind) return { reference, state: graph.isGone(reference.uid) ? 'absent' : 'unknown' };
    if (kind.namespaced && !namespace) return { reference, state: 'unknown' };
    const live = await client.get(kind, reference.name, kind.namespaced ? namespace : undefined).catch(ignoreNotFound);
    if (live?.metadata.uid !== reference.uid) return { reference, state: 'absent' };
    return { reference, state: isWaitingForDependents(live) ? 'waiting' : 'solid' };
  }

  async function meet({ kind, object }: Node, fate: Fate): Promise<Outcome> {
    switch (fate.kind) {
      case 'keep':
        return SETTLED;
      case 'undecided':
        return { kind: 'stalled', reason: 'UnknownOwnerKind' };
      case 'detach':
        await setOwners(client, kind, object, fate.owners);
        return SETTLED;
      case 'delete': {
        const present = fate.unblock ? await setOwners(client, kind, object, unblocking(object)) : object;
        if (!present) return SETTLED;
        const { name, namespace, uid, resourceVersion } = present.metadata;
        await client
          .delete({ kind, name, namespace }, { propagation: fate.propagation, preconditions: { uid, resourceVersion } })
          .catch(ignoreNotFound);
        log.debug({ kind: kind.kind, namespace, name, propagation: fate.propagation }, 'deleted for want of an owner');
        return SETTLED;
      }
    }
  }

  async function letGoOnceFree(node: Node): Promise<Outcome> {
    const { uid } = node.object.metadata;
    const holds = ({ object }: Node) =>
      object.metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion);
    if (!graph.dependentsOf(uid!).some(holds)) await dropFinalizer(node, FOREGROUND);
    return SETTLED;
  }

  async function orphanDependents(node: Node): Promise<Outcome> {
    const { uid } = node.object.metadata;
    const withoutOwner = ({ metadata }: KubeObject) => metadata.ownerReferences!.filter((reference) => reference.uid !== uid);
    await Promise.all(graph.dependentsOf(uid!).map(({ kind, object }) => setOwners(client, kind, object, withoutOwner(object))));
    await dropFinalizer(node, ORPHAN);
    return SETTLED;
  }

  async function dropFinalizer({ kind, object }: Node, finalizer: string): Promise<void> {
    const { name, namespace, uid, resourceVersion } = object.metadata;
    const finalizers = object.metadata.finalizers!.filter((other) => other !== finalizer);
    const metadata = { uid, resourceVersion, finalizers: finalizers.length > 0 ? finalizers : null };
    await client.patch({ kind, name, namespace }, { type: 'merge', patch: { metadata } }).catch(ignoreNotFound);
  }
}

const unblocking = ({ metadata }: KubeObject) =>
  metadata.ownerReferences!.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
