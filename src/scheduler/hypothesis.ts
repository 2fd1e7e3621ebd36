import { Census, type Bearers, type Counts, type Question } from './census.ts';
import { NodeState, type NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';
import type { Snapshot } from './snapshot.ts';

/** The cluster as it would be with other pods on one of its nodes. */
export class Hypothesis implements Snapshot {
  readonly nodes: readonly NodeView[];
  readonly changed: NodeView;
  readonly surroundings: Snapshot['surroundings'];
  readonly #base: Snapshot;
  readonly #node: NodeView;
  readonly #added: readonly PodView[];
  readonly #removed: readonly PodView[];

  constructor(base: Snapshot, node: NodeView, { added = [], removed = [] }: { added?: readonly PodView[]; removed?: readonly PodView[] }) {
    const changed = new NodeState(node.name, node.ordinal, node);
    const gone = new Set(removed);
    for (const pod of [...node.pods.values(), ...added]) if (!gone.has(pod)) changed.add(pod);
    this.#base = base;
    this.#node = node;
    this.#added = added;
    this.#removed = removed;
    this.changed = changed;
    this.nodes = base.nodes;
    this.surroundings = base.surroundings;
  }

  node(name: string): NodeView | undefined {
    return name === this.#node.name ? this.changed : this.#base.node(name);
  }

  nominated(): readonly PodView[] {
    return [];
  }

  nominationOf(): undefined {}

  nodesWith(image: string): number {
    return this.#base.nodesWith(image);
  }

  hasBelow(priority: number): boolean {
    return this.#base.hasBelow(priority);
  }

  count(question: Question): Counts {
    const domain = question.domain(this.#node);
    const base = this.#base.count(question);
    if (domain === undefined) return base;
    const difference =
      this.#added.filter((pod) => question.counts(pod)).length - this.#removed.filter((pod) => question.counts(pod)).length;
    return difference === 0 ? base : new Map(base).set(domain, (base.get(domain) ?? 0) + difference);
  }

  /** Those of the cluster without the node's own, and those of the node as it would be. */
  get rejections(): Iterable<Bearers> {
    const own = new Map([...censusOf(this.#node).rejections].map(({ term, counts }) => [term.key, counts]));
    const others = [...this.#base.rejections].map((bearers) => {
      const less = own.get(bearers.term.key);
      return less ? { ...bearers, counts: minus(bearers.counts, less) } : bearers;
    });
    return [...others, ...censusOf(this.changed).rejections];
  }

  /** Wishes refuse nothing, so nobody asks what they would be. */
  get wishes(): Iterable<Bearers> {
    return this.#base.wishes;
  }
}

function censusOf(node: NodeView): Census {
  const census = new Census();
  for (const pod of node.pods.values()) census.enter(pod, node);
  return census;
}

function minus(counts: Counts, less: Counts): Counts {
  const left = [...counts].map(([domain, count]) => [domain, count - (less.get(domain) ?? 0)] as const);
  return new Map(left.filter(([, count]) => count > 0));
}
