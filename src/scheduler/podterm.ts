import {
  keyRequirements,
  matches,
  selectorFrom,
  type Labels,
  type LabelSelector,
  type Pod,
  type PodAffinityTerm,
  type Selector,
} from '../model/index.ts';
import type { PodView } from './podview.ts';

/** Some pods, and how far around each of them is meant: the nodes with the same value of one label. */
export interface PodTerm {
  /** The same for terms that mean the same: the pods of one workload share theirs. */
  readonly key: string;
  readonly topologyKey: string;
  /** Undefined selects no pod. */
  readonly selector: Selector | undefined;
  readonly namespaces: ReadonlySet<string>;
  readonly namespaceSelector: Selector | undefined;
}

export interface WeightedTerm {
  readonly weight: number;
  readonly term: PodTerm;
}

/** The labels that a namespace has. */
export type NamespaceLabels = (namespace: string) => Labels | undefined;

export function selects({ selector, namespaces, namespaceSelector }: PodTerm, pod: PodView, labelsOf: NamespaceLabels): boolean {
  if (!selector || !matches(selector, pod.labels)) return false;
  return namespaces.has(pod.namespace) || (namespaceSelector !== undefined && matches(namespaceSelector, labelsOf(pod.namespace)));
}

export function toPodTerm(term: PodAffinityTerm, { metadata }: Pod): PodTerm {
  const named = term.namespaces ?? [];
  const namespaces = named.length === 0 && !term.namespaceSelector ? [metadata.namespace ?? ''] : named;
  const selector = withLabelKeys(term.labelSelector, metadata.labels, term.matchLabelKeys, term.mismatchLabelKeys);
  const namespaceSelector = selectorFrom(term.namespaceSelector);
  const key = JSON.stringify([term.topologyKey, selector, namespaces, namespaceSelector]);
  return { key, topologyKey: term.topologyKey, selector, namespaces: new Set(namespaces), namespaceSelector };
}

/** The selector, narrowed to pods that have the same, or other, values of some labels than the pod itself. */
export function withLabelKeys(
  selector: LabelSelector | undefined,
  labels: Labels | undefined,
  same?: readonly string[],
  other?: readonly string[],
): Selector | undefined {
  const base = selectorFrom(selector);
  return base && [...base, ...keyRequirements(labels, same, other)];
}
