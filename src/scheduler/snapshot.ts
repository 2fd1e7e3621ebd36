import { equalJson } from '../base/index.ts';
import type { Node, ObjectKey, Pod } from '../model/index.ts';
import { Census, type Bearers, type Counts, type Question } from './census.ts';
import { factsOf, NO_IMAGES, NodeState, type NodeFacts, type NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';
import { ALONE, type Surroundings } from './surroundings.ts';

/** The cluster as a plugin may look at it during one cycle. */
export interface Snapshot {
  readonly nodes: readonly NodeView[];
  node(name: string): NodeView | undefined;
  /** Pods for which others have been taken from the node, and that are not on it yet. */
  nominated(node: string): readonly PodView[];
  nominationOf(pod: ObjectKey): string | undefined;
  /** Whether any node has a pod of lower priority. */
  hasBelow(priority: number): boolean;
  count(question: Question): Counts;
  /** How many nodes have the image. */
  nodesWith(image: string): number;
  readonly rejections: Iterable<Bearers>;
  readonly wishes: Iterable<Bearers>;
  readonly surroundings: Surroundings;
}

export interface Placement {
  readonly pod: PodView;
  readonly node: string;
  /** `assumed`: decided here, and not yet seen in the API. */
  readonly how: 'assumed' | 'bound';
}

const NONE: readonly PodView[] = [];

interface Nomination {
  readonly pod: PodView;
  readonly node: string;
}

/** A pod can be seen before its node is: its sums wait here. */
const UNKNOWN: NodeFacts = {
  labels: {},
  unschedulable: true,
  hardTaints: [],
  softTaints: [],
  allocatable: { cpu: 0, memory: 0, others: new Map() },
  allocatablePods: 0,
  images: NO_IMAGES,
};

/** The snapshot that every change updates: nothing is built again for a cycle. */
export class ClusterSnapshot implements Snapshot {
  readonly nodes: NodeState[] = [];
  readonly #known = new Map<string, NodeState>();
  readonly #seen = new Map<string, Node>();
  readonly #waiting = new Map<string, NodeState>();
  readonly #placements = new Map<ObjectKey, Placement>();
  readonly #nominations = new Map<ObjectKey, Nomination>();
  readonly #census = new Census();
  /** How many placed pods have which priority. */
  readonly #priorities = new Map<number, number>();
  readonly #images = new Map<string, number>();
  readonly surroundings: Surroundings;
  #ordinal = 0;

  constructor(surroundings: Surroundings = ALONE) {
    this.surroundings = surroundings;
  }

  count(question: Question): Counts {
    return this.#census.count(question, this.nodes);
  }

  nodesWith(image: string): number {
    return this.#images.get(image) ?? 0;
  }

  get rejections(): Iterable<Bearers> {
    return this.#census.rejections;
  }

  get wishes(): Iterable<Bearers> {
    return this.#census.wishes;
  }

  hasBelow(priority: number): boolean {
    return this.#priorities.keys().some((other) => other < priority);
  }

  /** What is around the cluster has changed: what was counted by it is counted anew. */
  recount(): void {
    this.#census.forget();
  }

  nominated(node: string): readonly PodView[] {
    if (this.#nominations.size === 0) return NONE;
    return [...this.#nominations.values()].filter((nomination) => nomination.node === node).map(({ pod }) => pod);
  }

  nominate(pod: PodView, node: string): void {
    this.#nominations.set(pod.key, { pod, node });
  }

  dropNomination(key: ObjectKey): void {
    this.#nominations.delete(key);
  }

  nominationOf(key: ObjectKey): string | undefined {
    return this.#nominations.get(key)?.node;
  }

  node(name: string): NodeView | undefined {
    return this.#known.get(name);
  }

  /** Says whether anything changed that placement depends on. */
  setNode(node: Node): boolean {
    const name = node.metadata.name;
    const seen = this.#seen.get(name);
    this.#seen.set(name, node);
    if (seen && placesTheSame(seen, node)) return false;
    const state = this.#known.get(name) ?? this.#waiting.get(name) ?? this.#newState(name);
    this.#describe(state, factsOf(node));
    if (this.#known.has(name)) return true;
    this.#waiting.delete(name);
    this.#known.set(name, state);
    this.nodes.push(state);
    return true;
  }

  removeNode(name: string): void {
    const state = this.#known.get(name);
    if (!state) return;
    this.#known.delete(name);
    this.#seen.delete(name);
    this.nodes.splice(this.nodes.indexOf(state), 1);
    this.#describe(state, UNKNOWN);
    if (state.pods.size === 0) return;
    this.#waiting.set(name, state);
  }

  placement(key: ObjectKey): Placement | undefined {
    return this.#placements.get(key);
  }

  /** Counts the pod on the node, and nowhere else. */
  place(pod: PodView, node: string, how: Placement['how']): void {
    this.remove(pod.key);
    let state = this.#known.get(node) ?? this.#waiting.get(node);
    if (!state) {
      state = this.#newState(node);
      this.#waiting.set(node, state);
    }
    state.add(pod);
    this.#census.enter(pod, state);
    this.#nominations.delete(pod.key);
    count(this.#priorities, pod.priority, 1);
    this.#placements.set(pod.key, { pod, node, how });
  }

  /** It is where it was counted, and looks like this now. */
  confirm({ pod: view, node, how }: Placement, pod: Pod): void {
    view.pod = pod;
    if (how === 'assumed') this.#placements.set(view.key, { pod: view, node, how: 'bound' });
  }

  /** Gives the placement that was taken back. */
  remove(key: ObjectKey): Placement | undefined {
    const placement = this.#placements.get(key);
    if (!placement) return undefined;
    this.#placements.delete(key);
    count(this.#priorities, placement.pod.priority, -1);
    const { node } = placement;
    const waiting = this.#waiting.get(node);
    const state = this.#known.get(node) ?? waiting;
    state?.remove(placement.pod);
    if (state) this.#census.leave(placement.pod, state);
    if (waiting?.pods.size === 0) this.#waiting.delete(node);
    return placement;
  }

  /** The pods on the node move with it to other parts of the cluster. */
  #describe(state: NodeState, facts: NodeFacts): void {
    for (const pod of state.pods.values()) this.#census.leave(pod, state);
    for (const image of state.images.keys()) count(this.#images, image, -1);
    state.describe(facts);
    for (const image of state.images.keys()) count(this.#images, image, 1);
    for (const pod of state.pods.values()) this.#census.enter(pod, state);
    this.#census.forget();
  }

  #newState(name: string): NodeState {
    return new NodeState(name, this.#ordinal++, UNKNOWN);
  }
}

/** What has none is not kept. */
function count<K>(counts: Map<K, number>, key: K, by: 1 | -1): void {
  const left = (counts.get(key) ?? 0) + by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

function placesTheSame(a: Node, b: Node): boolean {
  return (
    equalJson(a.spec, b.spec) &&
    equalJson(a.metadata.labels, b.metadata.labels) &&
    equalJson(a.status?.allocatable, b.status?.allocatable) &&
    equalJson(a.status?.capacity, b.status?.capacity) &&
    equalJson(a.status?.images, b.status?.images)
  );
}
