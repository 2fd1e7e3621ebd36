import type { NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';
import type { Scale } from './scale.ts';
import type { Snapshot } from './snapshot.ts';
import type { Wants } from './wants.ts';

/** Whether taking pods away from the node could make room, or nothing that a scheduler does would help. */
export type Cure = 'preemption' | 'none';

export type Verdict = { readonly fits: true } | { readonly fits: false; readonly reasons: readonly string[]; readonly cure: Cure };

export const FITS: Verdict = { fits: true };

export function refusal(cure: Cure, ...reasons: readonly string[]): Verdict {
  return { fits: false, cure, reasons };
}

/** No node need be looked at: the pod itself cannot be placed. */
export interface Nowhere {
  readonly nowhere: string;
}

export const nowhere = (reason: string): Nowhere => ({ nowhere: reason });

/**
 * Says where a pod may run. `prepare` works out once what does not depend on the node (what a constraint counts over the
 * whole cluster), and gives undefined when the filter has nothing to say about this pod.
 */
export type Filter = NodeFilter | ClusterFilter;

/** The verdict depends on that node alone, so only a change of that node can turn it. */
export interface NodeFilter {
  readonly name: string;
  readonly scope: 'node';
  prepare(wants: Wants): ((node: NodeView) => Verdict) | undefined;
}

export interface ClusterFilter {
  readonly name: string;
  readonly scope: 'cluster';
  prepare(pod: PodView, snapshot: Snapshot): ((node: NodeView) => Verdict) | Nowhere | undefined;
}

/** Says where a pod had better run, among the nodes on which it may. */
export type Score = NodeScore | ClusterScore;

/** The points depend on that node alone. */
export interface NodeScore {
  readonly name: string;
  readonly scope: 'node';
  readonly weight: number;
  prepare(wants: Wants): ((node: NodeView) => number) | undefined;
}

export interface ClusterScore {
  readonly name: string;
  readonly scope: 'cluster';
  readonly weight: number;
  /** Without it what the score gives are points already. */
  readonly scale?: Scale;
  prepare(pod: PodView, snapshot: Snapshot, candidates: readonly NodeView[]): ((node: NodeView) => number | undefined) | undefined;
}

export interface Plugins {
  /** Those that look at one node alone come first, then each in order: the first that refuses a node gives its reasons. */
  readonly filters: readonly Filter[];
  readonly scores: readonly Score[];
}

/** A filter whose verdict is a function of what a pod wants and one node. */
export function nodeFilter(
  name: string,
  check: (wants: Wants, node: NodeView) => Verdict,
  concerns: (wants: Wants) => boolean = () => true,
): NodeFilter {
  return { name, scope: 'node', prepare: (wants) => (concerns(wants) ? (node) => check(wants, node) : undefined) };
}
