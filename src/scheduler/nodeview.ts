import { matches, wholeUnits, type HostPort, type Labels, type Node, type ObjectKey, type Taint } from '../model/index.ts';
import { amountsOf, type Amounts } from './amounts.ts';
import type { Judgement } from './judge.ts';
import type { PodView } from './podview.ts';
import type { NodeTerm, Wants } from './wants.ts';

/** A node as the plugins see it, with what its pods take of it. */
export interface NodeView {
  readonly name: string;
  /** A number of its own, for breaking ties. */
  readonly ordinal: number;
  readonly labels: Labels;
  readonly unschedulable: boolean;
  /** NoSchedule and NoExecute. */
  readonly hardTaints: readonly Taint[];
  /** PreferNoSchedule. */
  readonly softTaints: readonly Taint[];
  readonly allocatable: Amounts;
  readonly allocatablePods: number;
  /** Bytes of the images that it has, by each of their names. */
  readonly images: ReadonlyMap<string, number>;
  readonly requested: Amounts;
  /** What its pods count for when nodes are compared. */
  readonly weight: { readonly cpu: number; readonly memory: number };
  readonly pods: ReadonlyMap<ObjectKey, PodView>;
  readonly hostPorts: readonly HostPort[];
  /** The last one; it goes when something about the node changes. */
  judgement: Judgement | undefined;
}

export function matchesTerm({ labels, fields }: NodeTerm, node: NodeView): boolean {
  if (labels.length === 0 && fields.length === 0) return false;
  return matches(labels, node.labels) && (fields.length === 0 || matches(fields, { 'metadata.name': node.name }));
}

/** What the node object says, without its pods. */
export type NodeFacts = Pick<
  NodeView,
  'labels' | 'unschedulable' | 'hardTaints' | 'softTaints' | 'allocatable' | 'allocatablePods' | 'images'
>;

export const NO_IMAGES: ReadonlyMap<string, number> = new Map();

export function factsOf(node: Node): NodeFacts {
  const { pods = '0', ...allocatable } = node.status?.allocatable ?? node.status?.capacity ?? {};
  const taints = node.spec?.taints ?? [];
  return {
    labels: node.metadata.labels ?? {},
    unschedulable: node.spec?.unschedulable ?? false,
    hardTaints: taints.filter((taint) => taint.effect !== 'PreferNoSchedule'),
    softTaints: taints.filter((taint) => taint.effect === 'PreferNoSchedule'),
    allocatable: amountsOf(allocatable),
    allocatablePods: wholeUnits(pods),
    images: imagesOf(node),
  };
}

function imagesOf(node: Node): ReadonlyMap<string, number> {
  const images = node.status?.images ?? [];
  if (images.length === 0) return NO_IMAGES;
  return new Map(images.flatMap(({ names = [], sizeBytes = 0 }) => names.map((name) => [name, sizeBytes] as const)));
}

/** The sums of one node, kept up as pods come and go. Amounts are whole numbers, so adding and taking away leaves nothing behind. */
export class NodeState implements NodeView {
  readonly name: string;
  readonly ordinal: number;
  readonly requested = { cpu: 0, memory: 0, others: new Map<string, number>() };
  readonly weight = { cpu: 0, memory: 0 };
  readonly pods = new Map<ObjectKey, PodView>();
  hostPorts: readonly HostPort[] = [];
  labels!: Labels;
  unschedulable!: boolean;
  hardTaints!: readonly Taint[];
  softTaints!: readonly Taint[];
  allocatable!: Amounts;
  allocatablePods!: number;
  images!: ReadonlyMap<string, number>;
  judgement: Judgement | undefined;

  constructor(name: string, ordinal: number, facts: NodeFacts) {
    this.name = name;
    this.ordinal = ordinal;
    this.describe(facts);
  }

  describe({ labels, unschedulable, hardTaints, softTaints, allocatable, allocatablePods, images }: NodeFacts): void {
    Object.assign(this, { labels, unschedulable, hardTaints, softTaints, allocatable, allocatablePods, images, judgement: undefined });
  }

  add(pod: PodView): void {
    this.pods.set(pod.key, pod);
    this.#count(pod.wants, 1);
    const { hostPorts } = pod.wants;
    if (hostPorts.length > 0) this.hostPorts = [...this.hostPorts, ...hostPorts];
  }

  remove(pod: PodView): void {
    this.pods.delete(pod.key);
    this.#count(pod.wants, -1);
    if (pod.wants.hostPorts.length > 0) this.hostPorts = [...this.pods.values()].flatMap(({ wants }) => wants.hostPorts);
  }

  #count({ requests, weight }: Wants, sign: 1 | -1): void {
    this.judgement = undefined;
    this.requested.cpu += sign * requests.cpu;
    this.requested.memory += sign * requests.memory;
    this.weight.cpu += sign * weight.cpu;
    this.weight.memory += sign * weight.memory;
    for (const [resource, amount] of requests.others) {
      const left = (this.requested.others.get(resource) ?? 0) + sign * amount;
      if (left === 0) this.requested.others.delete(resource);
      else this.requested.others.set(resource, left);
    }
  }
}
