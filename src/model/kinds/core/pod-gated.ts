import { equalJson } from '../../../base/index.ts';
import type { NodeSelectorTerm, PodSpec } from '../../types/index.ts';
import { invalid, type FieldProblem } from '../../schema/problems.ts';

const MUST = 'requiredDuringSchedulingIgnoredDuringExecution';
const SELECTOR = ['spec', 'nodeSelector'];
const TERMS = ['spec', 'affinity', 'nodeAffinity', MUST, 'nodeSelectorTerms'];

const termsOf = ({ affinity }: PodSpec): readonly NodeSelectorTerm[] => affinity?.nodeAffinity?.[MUST]?.nodeSelectorTerms ?? [];

/** What holds a pod back decides where it may go: on fewer nodes than before, never on others. */
export function validateGated(spec: PodSpec, old: PodSpec): FieldProblem[] {
  const isKept = Object.entries(old.nodeSelector ?? {}).every(([key, value]) => spec.nodeSelector?.[key] === value);
  return [
    ...(isKept
      ? []
      : [invalid(SELECTOR, spec.nodeSelector, 'only additions to spec.nodeSelector are allowed (no mutations or deletions)')]),
    ...validateTerms(termsOf(spec), termsOf(old)),
  ];
}

/** One of the terms must hold: a further one would let more nodes in. */
function validateTerms(terms: readonly NodeSelectorTerm[], old: readonly NodeSelectorTerm[]): FieldProblem[] {
  if (old.length === 0) return [];
  if (terms.length !== old.length) {
    return [invalid(TERMS, terms, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return terms.flatMap((term, i) =>
    isNarrower(term, old[i]!) ? [] : [invalid([...TERMS, i], term, 'only additions are allowed (no mutations or deletions)')],
  );
}

/** An empty term matches no node, so it is as narrow as can be. */
function isNarrower(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = (['matchExpressions', 'matchFields'] as const).map((list) => ({ now: term[list] ?? [], before: old[list] ?? [] }));
  if (lists.every(({ before }) => before.length === 0)) return lists.every(({ now }) => now.length === 0);
  return lists.every(({ now, before }) => equalJson(now.slice(0, before.length), before));
}

/** The new spec with the nodes that the old one asks for. */
export function withNodesOf(spec: PodSpec, old: PodSpec): PodSpec {
  const affinity = { ...spec.affinity, nodeAffinity: old.affinity?.nodeAffinity };
  const isNone = !old.affinity && !affinity.podAffinity && !affinity.podAntiAffinity;
  return { ...spec, nodeSelector: old.nodeSelector, affinity: isNone ? undefined : affinity };
}
