import { equalJson } from '../base/index.ts';
import type { Node, ObjectKey } from '../model/index.ts';
import { factsOf, NodeState, type NodeFacts, type NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';

/** The cluster as a plugin may look at it during one cycle. */
export interface Snapshot {
  readonly nodes: readonly NodeView[];
  node(name: string): NodeView | undefined;
}

export interface Placement {
  readonly pod: PodView;
  readonly node: string;
  /** `assumed`: decided here, and not yet seen in the API. */
  readonly how: 'assumed' | 'bound';
}

/** A pod can be seen before its node is: its sums wait here. */
const UNKNOWN: NodeFacts = {
  labels: {},
  unschedulable: true,
  hardTaints: [],
  softTaints: [],
  allocatable: { cpu: 0, memory: 0, others: new Map() },
  allocatablePods: 0,
};

/** The snapshot that every change updates: nothing is built again for a cycle. */
export class ClusterSnapshot implements Snapshot {
  readonly nodes: NodeState[] = [];
  readonly #known = new Map<string, NodeState>();
  readonly #seen = new Map<string, Node>();
  readonly #waiting = new Map<string, NodeState>();
  readonly #placements = new Map<ObjectKey, Placement>();
  #ordinal = 0;

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
    state.describe(factsOf(node));
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
    if (state.pods.size === 0) return;
    state.describe(UNKNOWN);
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
    this.#placements.set(pod.key, { pod, node, how });
  }

  /** Gives the placement that was taken back. */
  remove(key: ObjectKey): Placement | undefined {
    const placement = this.#placements.get(key);
    if (!placement) return undefined;
    this.#placements.delete(key);
    const { node } = placement;
    const waiting = this.#waiting.get(node);
    (this.#known.get(node) ?? waiting)?.remove(placement.pod);
    if (waiting?.pods.size === 0) this.#waiting.delete(node);
    return placement;
  }

  #newState(name: string): NodeState {
    return new NodeState(name, this.#ordinal++, UNKNOWN);
  }
}

function placesTheSame(a: Node, b: Node): boolean {
  return (
    equalJson(a.spec, b.spec) &&
    equalJson(a.metadata.labels, b.metadata.labels) &&
    equalJson(a.status?.allocatable, b.status?.allocatable) &&
    equalJson(a.status?.capacity, b.status?.capacity)
  );
}
