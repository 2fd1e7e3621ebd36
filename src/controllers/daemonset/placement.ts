import {
  matches,
  selectorFromLabels,
  type DaemonSet,
  type Node,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  type Selector,
} from '../../model/index.ts';
import { isTolerated } from '../taints.ts';
import { tolerationsOf } from './newpod.ts';

/** Whether a node gets a pod, and whether one that it has may stay. */
export interface Placement {
  readonly wants: boolean;
  readonly keeps: boolean;
}

/** What the node is by name, labels and taints; whether there is room is the scheduler's to say. */
export function placementOf({ spec }: DaemonSet, node: Node): Placement {
  const pod = spec.template.spec;
  const terms = pod.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const fits =
    (!pod.nodeName || pod.nodeName === node.metadata.name) &&
    matches(selectorFromLabels(pod.nodeSelector ?? {}), node.metadata.labels) &&
    (terms?.some((term) => fitsTerm(term, node)) ?? true);
  if (!fits) return { wants: false, keeps: false };
  const tolerations = tolerationsOf(pod);
  const untolerated = (node.spec?.taints ?? []).filter((taint) => taint.effect !== 'PreferNoSchedule' && !isTolerated(taint, tolerations));
  return { wants: untolerated.length === 0, keeps: untolerated.every(({ effect }) => effect !== 'NoExecute') };
}

function fitsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return matches(asSelector(matchExpressions), metadata.labels) && matches(asSelector(matchFields), { 'metadata.name': metadata.name });
}

const asSelector = (requirements: readonly NodeSelectorRequirement[]): Selector =>
  requirements.map(({ key, operator, values = [] }) => ({ key, operator, values }));
