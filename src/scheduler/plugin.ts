import type { NodeView } from './nodeview.ts';
import type { PodView } from './podview.ts';
import type { Scale } from './scale.ts';
import type { Snapshot } from './snapshot.ts';

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
 * Says where a pod may run. `prepare` works out once for the pod what does not depend on the node (what a constraint
 * counts over the whole cluster), and gives undefined when the filter has nothing to say about this pod.
 */
export interface Filter {
  readonly name: string;
  /** `node`: the verdict depends on that node alone, so only a change of that node can turn it. */
  readonly scope: 'node' | 'cluster';
  prepare(pod: PodView, snapshot: Snapshot): ((node: NodeView) => Verdict) | Nowhere | undefined;
}

/** Says where a pod had better run, among the nodes on which it may. */
export interface Score {
  readonly name: string;
  readonly weight: number;
  /** Without it what the score gives are points already. */
  readonly scale?: Scale;
  prepare(pod: PodView, snapshot: Snapshot, candidates: readonly NodeView[]): ((node: NodeView) => number | undefined) | undefined;
}

export interface Plugins {
  /** In order: the first that refuses a node gives its reasons. */
  readonly filters: readonly Filter[];
  readonly scores: readonly Score[];
}

/** A filter whose verdict is a function of one pod and one node. */
export function nodeFilter(
  name: string,
  check: (pod: PodView, node: NodeView) => Verdict,
  concerns: (pod: PodView) => boolean = () => true,
): Filter {
  return { name, scope: 'node', prepare: (pod) => (concerns(pod) ? (node) => check(pod, node) : undefined) };
}
