import type { Informer, InformerChange } from '../client/index.ts';
import type { KubeObject, Node, Pod } from '../model/index.ts';
import type { SourceKey } from './environment/sources.ts';
import type { Runtime } from './runtime.ts';

const BY_NODE = 'spec.nodeName';
const BY_UID = 'metadata.uid';

export function podsByUid(pods: Informer<Pod>): (uid: string) => Pod | undefined {
  pods.index(BY_UID, ({ metadata }) => (metadata.uid ? [metadata.uid] : []));
  return (uid) => pods.by(BY_UID, uid)[0];
}

export function podsOfNode(pods: Informer<Pod>, nodeName: string): readonly Pod[] {
  pods.index(BY_NODE, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []));
  return pods.by(BY_NODE, nodeName);
}

type Changed = (uid: string) => void;

/** One subscription for all nodes of this process, however many there are. */
const feeds = new WeakMap<Informer<Pod>, Map<string, Set<Changed>>>();

/** Tells a node of the uids of its pods that changed, and of those that are there when it begins. */
export function followPods(pods: Informer<Pod>, nodeName: string, changed: Changed): { close(): void } {
  let feed = feeds.get(pods);
  if (!feed) {
    const nodes = new Map<string, Set<Changed>>();
    feed = nodes;
    feeds.set(pods, nodes);
    const notify = (pod: Pod | undefined) => {
      const listeners = pod?.spec.nodeName && nodes.get(pod.spec.nodeName);
      if (listeners) for (const tell of listeners) tell(pod.metadata.uid ?? '');
    };
    pods.follow(({ before, after }) => {
      if (before?.metadata.uid === after?.metadata.uid) return notify(after ?? before);
      notify(before);
      notify(after);
    });
  }
  const listeners = feed.get(nodeName) ?? new Set();
  feed.set(nodeName, listeners.add(changed));
  for (const pod of podsOfNode(pods, nodeName)) changed(pod.metadata.uid ?? '');
  return { close: () => listeners.delete(changed) };
}

const runtimeFeeds = new WeakMap<Runtime, Map<Informer<Pod>, Map<string, Changed>>>();

/** Tells a node of its pods whose containers changed. One subscription for all nodes that share the runtime and the cache. */
export function followRuntime(runtime: Runtime, pods: Informer<Pod>, nodeName: string, changed: Changed): { close(): void } {
  const feeds = runtimeFeeds.get(runtime) ?? new Map<Informer<Pod>, Map<string, Changed>>();
  runtimeFeeds.set(runtime, feeds);
  let nodes = feeds.get(pods);
  if (!nodes) {
    const all = new Map<string, Changed>();
    const podOf = podsByUid(pods);
    nodes = all;
    feeds.set(pods, all);
    runtime.subscribe((uid) => all.get(podOf(uid)?.spec.nodeName ?? '')?.(uid));
  }
  nodes.set(nodeName, changed);
  return { close: () => nodes.get(nodeName) === changed && nodes.delete(nodeName) };
}

type NodeChanged = (change: InformerChange<Node>) => void;

const nodeFeeds = new WeakMap<Informer<Node>, Map<string, Set<NodeChanged>>>();

/** Tells a node of its own object. One subscription for all nodes, too: else each would be told of all others. */
export function followNode(nodes: Informer<Node>, name: string, changed: NodeChanged): { close(): void } {
  let feed = nodeFeeds.get(nodes);
  if (!feed) {
    const byName = new Map<string, Set<NodeChanged>>();
    feed = byName;
    nodeFeeds.set(nodes, feed);
    nodes.follow((change) => {
      for (const tell of byName.get((change.after ?? change.before)!.metadata.name) ?? []) tell(change);
    });
  }
  const listeners = feed.get(name) ?? new Set();
  feed.set(name, listeners.add(changed));
  return { close: () => listeners.delete(changed) };
}

type SourceChanged = (key: SourceKey) => void;

const sourceFeeds = new WeakMap<object, Set<SourceChanged>>();

/** Tells of each object that changes from now on and that pods may use. One subscription for all nodes, too. */
export function followSources<T extends KubeObject>(
  informer: Informer<T>,
  keyOf: (namespace: string, name: string) => SourceKey,
  changed: SourceChanged,
): { close(): void } {
  let listeners = sourceFeeds.get(informer);
  if (!listeners) {
    const all = new Set<SourceChanged>();
    listeners = all;
    sourceFeeds.set(informer, all);
    informer.follow(({ before, after }) => {
      const { namespace = '', name } = (after ?? before)!.metadata;
      const key = keyOf(namespace, name);
      for (const tell of all) tell(key);
    });
  }
  const tell: SourceChanged = (key) => changed(key);
  listeners.add(tell);
  return { close: () => listeners.delete(tell) };
}
