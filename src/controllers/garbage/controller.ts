import { equalJson } from '../../base/index.ts';
import type { InformerChange } from '../../client/index.ts';
import { EVENTS, NEW_EVENTS, resourceName, type KindRef, type KubeObject, type ObjectKey } from '../../model/index.ts';
import type { EventRecorder } from '../../status/index.ts';
import { on, type Controller, type ServedKinds } from '../loop.ts';
import { onEachResource, resourcesOf } from '../served.ts';
import { isOrphaning, isWaitingForDependents } from './fate.ts';
import { Graph, type Node } from './graph.ts';
import { garbageReconciler } from './reconcile.ts';

export function garbageCollector(kinds: ServedKinds): Controller {
  const events = [EVENTS, NEW_EVENTS].map(resourceName);
  const isFollowed = (kind: KindRef<KubeObject>) => !events.includes(resourceName(kind));
  const followed: ServedKinds = { all: () => kinds.all().filter(isFollowed), follow: (note) => kinds.follow(note) };
  return {
    name: 'garbage-collector',
    reads: resourcesOf(followed),
    concurrency: 16,
    start: (context) => {
      const graph = new Graph(context.client);
      // The triggers run in this order: the graph knows a kind before anything of it is looked at.
      for (const kind of resourcesOf(followed)) graph.add(kind);
      const triggerFor = (kind: KindRef<KubeObject>) =>
        on(kind, (change) => (changesNothing(change) ? [] : concerned(graph, kind, change, context.events)));
      return {
        triggers: [onEachResource(followed, triggerFor, { entered: (kind) => graph.add(kind), left: (kind) => graph.remove(kind) })],
        reconcile: garbageReconciler(context, graph),
      };
    },
  };
}

/** Most changes concern nobody, and must cost next to nothing: what says who depends on whom, and who waits for whom, is as it was. */
function changesNothing({ before, after }: InformerChange<KubeObject>): boolean {
  if (!before || !after) return false;
  const [was, is] = [before.metadata, after.metadata];
  return (
    was.uid === is.uid &&
    was.ownerReferences === is.ownerReferences &&
    was.finalizers === is.finalizers &&
    was.deletionTimestamp === is.deletionTimestamp
  );
}

/** Whom a change concerns. */
function* concerned(
  graph: Graph,
  kind: KindRef<KubeObject>,
  { before, after }: InformerChange<KubeObject>,
  events: EventRecorder,
): Generator<ObjectKey> {
  if (before && before.metadata.uid !== after?.metadata.uid) {
    const dependents = graph.dependentsOf(before.metadata.uid!);
    if (dependents.length > 0) graph.noteGone(before.metadata.uid!);
    for (const dependent of dependents) yield graph.keyOf(dependent);
    yield* waitingOwners(graph, before);
    if (after) yield* concerned(graph, kind, { before: undefined, after }, events);
    return;
  }
  if (!after) return;
  if (isOrphaning(after) && !(before && isOrphaning(before))) yield graph.keyOf({ kind, object: after });
  if (isWaitingForDependents(after) && !(before && isWaitingForDependents(before))) {
    yield graph.keyOf({ kind, object: after });
    for (const dependent of graph.dependentsOf(after.metadata.uid!)) yield graph.keyOf(dependent);
  }
  if (haveOwnersChanged(before, after)) {
    if (before) yield* waitingOwners(graph, before);
    if (!hasDoubtfulOwner(graph, after)) return;
    tellOfStrangers(graph, { kind, object: after }, events);
    yield graph.keyOf({ kind, object: after });
  }
}

/** An owner in another namespace is none: what names it is deleted, and whoever wrote that is told why. */
function tellOfStrangers(graph: Graph, node: Node, events: EventRecorder): void {
  const { namespace = '', ownerReferences = [] } = node.object.metadata;
  for (const reference of ownerReferences) {
    if (graph.ownerOf(node.object, reference) || !graph.isElsewhere(node.object, reference)) continue;
    const { apiVersion, kind, name, uid } = reference;
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
    events.event(node, 'Warning', 'OwnerRefInvalidNamespace', message);
  }
}

function haveOwnersChanged(before: KubeObject | undefined, after: KubeObject): boolean {
  const [was, is] = [before?.metadata.ownerReferences, after.metadata.ownerReferences];
  return was !== is && !equalJson(was ?? [], is ?? []);
}

function hasDoubtfulOwner(graph: Graph, object: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((reference) => {
    const owner = graph.ownerOf(object, reference);
    return !owner || isWaitingForDependents(owner.object);
  });
}

/** Owners that may go now that this dependent no longer holds them. */
function* waitingOwners(graph: Graph, dependent: KubeObject): Generator<ObjectKey> {
  for (const reference of dependent.metadata.ownerReferences ?? []) {
    const owner = graph.ownerOf(dependent, reference);
    if (owner && isWaitingForDependents(owner.object)) yield graph.keyOf(owner);
  }
}
