import type { NodeView } from './nodeview.ts';

/** Why no node took a pod. */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodes: number;
  /** Reasons with the number of nodes that gave them. */
  readonly reasons: ReadonlyMap<string, number>;
  /** The filters that refused. */
  readonly refusedBy: ReadonlySet<string>;
  /** Where taking pods away could make room. */
  readonly preemptible: readonly NodeView[];
}

/** In Kubernetes' words, which people and tools look for. */
export function explain({ nodes, reasons }: Diagnosis): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const counted = [...reasons].map(([reason, count]) => `${count} ${reason}`).toSorted();
  return `0/${nodes} nodes are available: ${counted.join(', ')}.`;
}
