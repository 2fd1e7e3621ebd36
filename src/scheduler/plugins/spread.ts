import { oncePerObject } from '../../base/index.ts';
import { formatSelector, matches, type Selector } from '../../model/index.ts';
import { labelIn, type Counts, type Question } from '../census.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { PodView, Spread } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';
import { isSelected } from './nodes.ts';
import { toleratesTaints } from './taints.ts';

const UNEVEN = refusal('preemption', "node(s) didn't match pod topology spread constraints");
const NO_PLACE = refusal('none', "node(s) didn't match pod topology spread constraints (missing required label)");

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';

/** No part of the cluster may have so many more of these pods than another one. */
export function prepareSpread(pod: PodView, snapshot: Snapshot): ((node: NodeView) => Verdict) | undefined {
  const { required } = pod.spread;
  if (required.length === 0) return undefined;
  const rules = required.map((spread) => {
    const counts = countFor(spread, required, pod, snapshot);
    return { ...spread, counts, least: leastOf(counts, spread.minDomains), self: isCounted(spread, pod) ? 1 : 0 };
  });
  return ({ labels }) => {
    for (const { topologyKey, counts, least, self, maxSkew } of rules) {
      const value = labels[topologyKey];
      if (value === undefined) return NO_PLACE;
      if ((counts.get(value) ?? 0) + self - least > maxSkew) return UNEVEN;
    }
    return FITS;
  };
}

const isCounted = ({ selector }: Spread, pod: PodView) => selector !== undefined && matches(selector, pod.labels);

/** With fewer parts than wanted, those that are missing have none. */
function leastOf(counts: Counts, minDomains: number | undefined): number {
  if (counts.size < (minDomains ?? 1)) return 0;
  let least = Number.POSITIVE_INFINITY;
  for (const count of counts.values()) if (count < least) least = count;
  return least;
}

function countFor(spread: Spread, all: readonly Spread[], pod: PodView, snapshot: Snapshot): Counts {
  const keys = all.map(({ topologyKey }) => topologyKey);
  return snapshot.count(questionOf(spread, keys, pod, true));
}

/**
 * Only nodes count that have all of the labels, and that the pod could run on as far as the constraint says so. As in Kubernetes,
 * a selector without requirements counts no pod, though it takes in the one that is placed.
 */
function questionOf(
  { selector, topologyKey, honorsAffinity, honorsTaints }: Spread,
  keys: readonly string[],
  pod: PodView,
  everyPart: boolean,
): Question {
  const { namespace, wants, pod: { spec } } = pod; // prettier-ignore
  const about = [
    namespace,
    topologyKey,
    selector && formatSelector(selector),
    keys,
    honorsAffinity && [spec.nodeSelector, spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution],
    honorsTaints && spec.tolerations,
    everyPart,
  ];
  const isEligible = (node: NodeView) =>
    hasAll(node, keys) && (!honorsAffinity || isSelected(wants, node).fits) && (!honorsTaints || toleratesTaints(wants, node).fits);
  return {
    key: `spread ${JSON.stringify(about)}`,
    label: labelIn(selector),
    everyPart,
    counts: (other) =>
      other.namespace === namespace && !other.isTerminating && Boolean(selector?.length) && matches(selector!, other.labels),
    domain: (node) => (isEligible(node) ? node.labels[topologyKey] : undefined),
  };
}

function hasAll({ labels }: NodeView, keys: readonly string[]): boolean {
  for (const key of keys) if (labels[key] === undefined) return false;
  return true;
}

/** What holds for a workload that says nothing about it; its pods share it. */
const defaultsFor = oncePerObject((selector: Selector): readonly Spread[] => {
  const usual = { selector, minDomains: undefined, honorsAffinity: true, honorsTaints: false };
  return [
    { ...usual, topologyKey: HOSTNAME, maxSkew: 3 },
    { ...usual, topologyKey: ZONE, maxSkew: 5 },
  ];
});

/** The fewer of its kind are around, the better; a part of many weighs less than one of few. Undefined: the node is in none. */
export function prepareEvenness(
  pod: PodView,
  snapshot: Snapshot,
  nodes: readonly NodeView[],
): ((node: NodeView) => number | undefined) | undefined {
  const isTold = pod.spread.preferred.length > 0;
  const siblings = isTold || pod.spread.required.length > 0 ? undefined : snapshot.surroundings.siblings(pod.pod);
  const wishes = isTold ? pod.spread.preferred : siblings ? defaultsFor(siblings) : [];
  if (wishes.length === 0) return undefined;
  const keys = isTold ? wishes.map(({ topologyKey }) => topologyKey) : [];
  const rated = isTold ? nodes.filter((node) => hasAll(node, keys)) : nodes;
  const rules = wishes.flatMap((spread) => {
    const parts = partsOf(spread.topologyKey, rated);
    if (parts === 0) return [];
    const counts = snapshot.count(questionOf(spread, isTold ? keys : [spread.topologyKey], pod, false));
    return [weighed(spread, counts, Math.log(parts + 2))];
  });
  return (node) => {
    if (!hasAll(node, keys)) return undefined;
    let sum = 0;
    for (let i = 0; i < rules.length; i++) sum += rules[i]!(node);
    return Math.round(sum);
  };
}

/** What the pods count for that are in a node's part of the cluster. */
function weighed({ topologyKey, maxSkew }: Spread, counts: Counts, factor: number): (node: NodeView) => number {
  const least = maxSkew - 1;
  return ({ labels }) => {
    const value = labels[topologyKey];
    if (value === undefined) return 0;
    const count = counts.get(value);
    return count === undefined ? least : count * factor + least;
  };
}

/** Nodes that lie in none are one part together, where there are others. */
function partsOf(topologyKey: string, nodes: readonly NodeView[]): number {
  if (topologyKey === HOSTNAME) return nodes.length;
  const parts = new Set<string | undefined>();
  for (const { labels } of nodes) parts.add(labels[topologyKey]);
  return parts.size === 1 && parts.has(undefined) ? 0 : parts.size;
}
