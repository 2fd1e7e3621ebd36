import { matches, selectorFromLabels, type Selector } from '../meta/index.ts';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec } from '../types/index.ts';

/** Whether the pod agrees to the node, by its labels and its name. */
export function agreesToNode({ nodeSelector = {}, affinity }: PodSpec, node: Node): boolean {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return matches(selectorFromLabels(nodeSelector), node.metadata.labels) && (terms?.some((term) => fitsTerm(term, node)) ?? true);
}

function fitsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return matches(asSelector(matchExpressions), metadata.labels) && matches(asSelector(matchFields), { 'metadata.name': metadata.name });
}

const asSelector = (requirements: readonly NodeSelectorRequirement[]): Selector =>
  requirements.map(({ key, operator, values = [] }) => ({ key, operator, values }));
