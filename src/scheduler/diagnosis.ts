import type { NodeView } from './nodeview.ts';
import type { Nowhere } from './plugin.ts';
import type { Snapshot } from './snapshot.ts';

/** How many nodes gave which reason. */
export type Reasons = ReadonlyMap<string, number>;

/** Why no node took a pod. */
export interface Diagnosis {
  /** How many nodes there are. */
  readonly nodes: number;
  readonly reasons: Reasons;
  /** Why no node was looked at. */
  readonly nowhere?: string;
  /** The filters that refused. */
  readonly refusedBy: ReadonlySet<string>;
  /** Where taking pods away could make room. */
  readonly preemptible: readonly NodeView[];
}

export function nowhereIn({ nodes }: Snapshot, { nowhere }: Nowhere): Diagnosis {
  return { nodes: nodes.length, reasons: new Map(), nowhere, refusedBy: new Set(), preemptible: [] };
}

/** What Kubernetes' plugin for devices says first of a pod that claims none, and of one that does. */
const NO_CLAIMS = 'no new claims to deallocate';
const CLAIMS = 'still not schedulable';

/** In Kubernetes' words, which people and tools look for; `preemption` says why taking pods away does not help either. */
export function explain({ nodes, reasons, nowhere }: Diagnosis, preemption?: string, claimsDevices = false): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const clause = preemption ? ` ${claimsDevices ? CLAIMS : NO_CLAIMS}, preemption: ${preemption}` : '';
  return `${countedNodes(nodes, nowhere ?? reasons)}${clause}`;
}

export function countedNodes(nodes: number, reasons: Reasons | string): string {
  const text =
    typeof reasons === 'string'
      ? reasons
      : [...reasons]
          .map(([reason, count]) => `${count} ${reason}`)
          .toSorted()
          .join(', ');
  return `0/${nodes} nodes are available: ${text}.`;
}
