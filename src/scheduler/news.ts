import { equalJson } from '../base/index.ts';
import type { Client, Informer } from '../client/index.ts';
import { keyOf, NODES, PODS, type Node, type ObjectKey, type Pod } from '../model/index.ts';
import { isAsMade, isTerminal, isTerminating } from '../status/index.ts';
import { equalAmounts } from './amounts.ts';
import { fitsAlone } from './fit.ts';
import type { NodeView } from './nodeview.ts';
import type { Plugins } from './plugin.ts';
import type { PodQueue, QueuedPod } from './podqueue.ts';
import { viewPod } from './podview.ts';
import type { ClusterSnapshot } from './snapshot.ts';
import type { ClusterSurroundings } from './surroundings.ts';
import { countedRequests } from './wants.ts';

export interface NewsOptions {
  readonly client: Client;
  readonly snapshot: ClusterSnapshot;
  readonly surroundings: ClusterSurroundings;
  readonly queue: PodQueue;
  readonly plugins: Plugins;
  /** Places the pods whose `schedulerName` this is. */
  readonly schedulerName: string;
  /** Called for every change: there is something to read. */
  readonly wake: () => void;
}

/** What one turn reads before others get theirs. */
const READS_A_TURN = 500;

/** Takes note of what changed, and reads it into the snapshot and the queue when its turn comes. */
export class News {
  readonly #options: NewsOptions;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<Node>;
  readonly #unreadNodes = new Set<string>();
  readonly #unreadPods = new Set<ObjectKey>();
  readonly #gated = new Set<ObjectKey>();
  readonly #subscriptions: readonly { close(): void }[];
  /** Nodes on which a pod may fit that did not before. */
  readonly #betterNodes = new Set<string>();
  /** Those of the last news that helped anybody. */
  #better: readonly NodeView[] = [];
  #somethingChanged = false;

  constructor(options: NewsOptions) {
    this.#options = options;
    this.#pods = options.client.informer(PODS);
    this.#nodes = options.client.informer(NODES);
    this.#subscriptions = [this.#follow(this.#nodes, this.#unreadNodes), this.#follow(this.#pods, this.#unreadPods)];
  }

  /** Resolves once everything that there is has been seen: all of it counts before the first pod is placed. */
  async complete(): Promise<void> {
    await Promise.all([this.#pods.synced, this.#nodes.synced, this.#options.surroundings.synced()]);
    for (const node of this.#nodes.list()) this.#unreadNodes.add(keyOf(node));
    for (const pod of this.#pods.list()) this.#unreadPods.add(keyOf(pod));
  }

  /** Something beside pods and nodes changed. */
  surroundingsChanged(): void {
    this.#options.snapshot.recount();
    this.#somethingChanged = true;
    this.#options.wake();
  }

  get isUnread(): boolean {
    return this.#somethingChanged || this.#unreadNodes.size + this.#unreadPods.size > 0;
  }

  /** How many pods wait for someone to lift their gates. */
  get gated(): number {
    return this.#gated.size;
  }

  /** Says whether all was read: nothing is placed on half of the news. */
  read(): boolean {
    let left = READS_A_TURN;
    for (const name of this.#unreadNodes) {
      if (left-- === 0) return false;
      this.#unreadNodes.delete(name);
      this.#readNode(name);
    }
    for (const key of this.#unreadPods) {
      if (left-- === 0) return false;
      this.#unreadPods.delete(key);
      this.#readPod(key);
    }
    this.#retryWhomItHelps();
    return true;
  }

  /** Whether the last change made a node fit for the pod, and nobody has taken the room since. */
  helps({ pod }: QueuedPod): boolean {
    const { snapshot, plugins } = this.#options;
    // Where room was made for a pod that still does not fit there, it may make room elsewhere.
    const nominated = snapshot.nominationOf(pod.key);
    return this.#better.some((node) => nominated === node.name || fitsAlone(pod, node, snapshot, plugins));
  }

  /** The room that was kept for it is free for others. */
  dropNomination(key: ObjectKey): void {
    const { snapshot } = this.#options;
    const node = snapshot.nominationOf(key);
    if (!node) return;
    snapshot.dropNomination(key);
    this.#betterNodes.add(node);
    this.#somethingChanged = true;
  }

  /** The pod is not going to the node that was assumed, and is looked at again. */
  takeBack(key: ObjectKey, uid: string): void {
    const placement = this.#options.snapshot.placement(key);
    if (placement?.pod.uid === uid && placement.how === 'assumed') this.#free(key);
    this.#unreadPods.add(key);
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  #follow(informer: Informer<Pod> | Informer<Node>, unread: Set<string>): { close(): void } {
    return informer.follow(({ before, after }) => {
      unread.add(keyOf((after ?? before)!));
      this.#options.wake();
    });
  }

  #readNode(name: string): void {
    const { snapshot } = this.#options;
    const node = this.#nodes.get(name);
    if (!node) snapshot.removeNode(name);
    else if (snapshot.setNode(node)) this.#betterNodes.add(name);
    else return;
    this.#somethingChanged = true;
  }

  #readPod(key: ObjectKey): void {
    const { snapshot, queue } = this.#options;
    const pod = this.#pods.get(key);
    const placement = snapshot.placement(key);
    this.#gated.delete(key);
    if (!pod || isTerminal(pod)) {
      queue.remove(key);
      this.#free(key);
      this.dropNomination(key);
    } else if (pod.spec.nodeName) {
      queue.remove(key);
      if (placement?.node === pod.spec.nodeName && countsTheSame(placement.pod.pod, pod)) {
        if (placement.how === 'assumed') this.#somethingChanged = true;
        return snapshot.confirm(placement, pod);
      }
      // One that begins to end leaves no room yet.
      if (placement && isTerminating(placement.pod.pod) === isTerminating(pod)) this.#betterNodes.add(placement.node);
      snapshot.place(viewPod(pod), pod.spec.nodeName, 'bound');
      this.#somethingChanged = true;
    } else if (placement?.pod.uid !== pod.metadata.uid || placement?.how !== 'assumed') {
      this.#free(key);
      if (this.#wantsNode(pod)) this.#offer(pod);
      else {
        queue.remove(key);
        this.dropNomination(key);
        if (this.#isMine(pod)) this.#gated.add(key);
      }
    }
  }

  /** A nomination outlives the scheduler that made it, and ends when it is taken from the pod; until it is seen there it holds already. */
  #offer(pod: Pod): void {
    const { snapshot, queue } = this.#options;
    const view = viewPod(pod);
    const said = pod.status?.nominatedNodeName;
    if (!said && queue.pod(view.key)?.status?.nominatedNodeName) this.dropNomination(view.key);
    const nominated = said ?? snapshot.nominationOf(view.key);
    if (nominated) snapshot.nominate(view, nominated);
    queue.offer(view);
  }

  #wantsNode(pod: Pod): boolean {
    return this.#isMine(pod) && !pod.spec.schedulingGates?.length;
  }

  #isMine(pod: Pod): boolean {
    return !isTerminating(pod) && (pod.spec.schedulerName || DEFAULT_SCHEDULER) === this.#options.schedulerName;
  }

  #free(key: ObjectKey): void {
    const placement = this.#options.snapshot.remove(key);
    if (!placement) return;
    this.#betterNodes.add(placement.node);
    this.#somethingChanged = true;
  }

  #retryWhomItHelps(): void {
    if (!this.#somethingChanged) return;
    const { snapshot, queue } = this.#options;
    this.#better = [...this.#betterNodes].flatMap((name) => snapshot.node(name) ?? []);
    this.#betterNodes.clear();
    this.#somethingChanged = false;
    queue.changed((queued) => this.helps(queued));
  }
}

/** Most news of a pod that runs is about its state, which changes nothing for others. */
function countsTheSame(a: Pod, b: Pod): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    equalJson(a.metadata.labels, b.metadata.labels) &&
    (a.spec === b.spec || (asksNoMore(a.spec, b.spec) && asksNoMore(b.spec, a.spec))) &&
    (isAsMade(b) || equalAmounts(countedRequests(a), countedRequests(b)))
  );
}

/** Everything that the one says the other says too, but for the node: a binding adds that. */
function asksNoMore(a: Pod['spec'], b: Pod['spec']): boolean {
  for (const name in a) {
    const key = name as keyof Pod['spec'];
    if (key !== 'nodeName' && !equalJson(a[key], b[key])) return false;
  }
  return true;
}

export const DEFAULT_SCHEDULER = 'default-scheduler';
