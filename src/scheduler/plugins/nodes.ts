import { matches } from '../../model/index.ts';
import { matchesTerm, type NodeView } from '../nodeview.ts';
import { FITS, refusal, type Verdict } from '../plugin.ts';
import type { PodView } from '../podview.ts';
import type { Wants } from '../wants.ts';

const OTHER_NODE = refusal('none', "node(s) didn't match the requested node name");
const NOT_SELECTED = refusal('none', "node(s) didn't match Pod's node affinity/selector");

export function isNamedNode({ nodeName }: Wants, { name }: NodeView): Verdict {
  return nodeName === name ? FITS : OTHER_NODE;
}

/** The node selector and the required node affinity must both hold; of the affinity's terms, one. */
export function isSelected({ nodeSelector, requiredTerms }: Wants, node: NodeView): Verdict {
  if (!matches(nodeSelector, node.labels)) return NOT_SELECTED;
  return requiredTerms === undefined || requiredTerms.some((term) => matchesTerm(term, node)) ? FITS : NOT_SELECTED;
}

/** The weights of the preferred terms that hold. */
export function isPreferred({ preferredTerms }: PodView, node: NodeView): number {
  let sum = 0;
  for (const { weight, term } of preferredTerms) if (matchesTerm(term, node)) sum += weight;
  return sum;
}
