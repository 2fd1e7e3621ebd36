import { labelIn, type Counts, type Question } from '../census.ts';
import type { NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import { selects, type PodTerm } from '../podterm.ts';
import type { PodView } from '../podview.ts';
import type { Snapshot } from '../snapshot.ts';

const NOT_NEAR = refusal('none', "node(s) didn't match pod affinity rules");
const TOO_NEAR = refusal('preemption', "node(s) didn't match pod anti-affinity rules");
const REJECTED = refusal('preemption', "node(s) didn't satisfy existing pods anti-affinity rules");

/** A part of the cluster, as a term names it, and the pods that it has there. */
interface Zone {
  readonly topologyKey: string;
  readonly counts: Counts;
}

/** Near the pods that it wants, away from those that it does not, and away from those that do not want it. */
export function prepareAffinity(pod: PodView, snapshot: Snapshot): ((node: NodeView) => Verdict) | undefined {
  const { affinity, antiAffinity } = pod;
  const rejecting = [...snapshot.rejections].filter(({ term }) => selects(term, pod, snapshot.surroundings.namespaceLabels));
  if (affinity.required.length === 0 && antiAffinity.required.length === 0 && rejecting.length === 0) return undefined;
  const rejected = rejecting.map(({ term, counts }) => ({ topologyKey: term.topologyKey, counts }));
  const near = affinity.required.map(({ topologyKey }) => zone(affinity.required, topologyKey, snapshot));
  const far = antiAffinity.required.map((term) => zone([term], term.topologyKey, snapshot));
  const isFirst =
    near.every(({ counts }) => isEmpty(counts)) &&
    affinity.required.every((term) => selects(term, pod, snapshot.surroundings.namespaceLabels));
  return (node) => {
    if (!near.every((each) => hasSome(each, node) || (isFirst && node.labels[each.topologyKey] !== undefined))) return NOT_NEAR;
    if (far.some((each) => hasSome(each, node))) return TOO_NEAR;
    return rejected.some((each) => hasSome(each, node)) ? REJECTED : FITS;
  };
}

/** The pods that all of the terms select. */
function zone(terms: readonly PodTerm[], topologyKey: string, snapshot: Snapshot): Zone {
  const { namespaceLabels } = snapshot.surroundings;
  const question: Question = {
    key: `near ${topologyKey} ${terms.map(({ key }) => key).join()}`,
    label: labelIn(terms[0]?.selector),
    counts: (pod) => terms.every((term) => selects(term, pod, namespaceLabels)),
    domain: (node) => node.labels[topologyKey],
  };
  return { topologyKey, counts: snapshot.count(question) };
}

function hasSome({ topologyKey, counts }: Zone, node: NodeView): boolean {
  const value = node.labels[topologyKey];
  return value !== undefined && (counts.get(value) ?? 0) > 0;
}

function isEmpty(counts: Counts): boolean {
  for (const count of counts.values()) if (count > 0) return false;
  return true;
}

/** What the pod wishes of the others, and they of it: the sum of the weights around the node. */
export function prepareWishes(pod: PodView, snapshot: Snapshot): ((node: NodeView) => number) | undefined {
  const { namespaceLabels } = snapshot.surroundings;
  const own = [...pod.affinity.preferred, ...pod.antiAffinity.preferred.map(({ term, weight }) => ({ term, weight: -weight }))].map(
    ({ term, weight }) => ({ weight, ...zone([term], term.topologyKey, snapshot) }),
  );
  const others = [...snapshot.wishes]
    .filter(({ term }) => selects(term, pod, namespaceLabels))
    .map(({ term, weight, counts }) => ({ weight, topologyKey: term.topologyKey, counts }));
  const all = [...own, ...others];
  if (all.length === 0) return undefined;
  return ({ labels }) => {
    let sum = 0;
    for (const { weight, topologyKey, counts } of all) {
      const value = labels[topologyKey];
      if (value !== undefined) sum += weight * (counts.get(value) ?? 0);
    }
    return sum;
  };
}
