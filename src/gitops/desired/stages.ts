import type { KindRef } from '../../model/index.ts';
import { formatTarget, type Identity, type Target } from './identity.ts';
import { HOOK_PHASES, type Directives, type HookPhase } from './directives.ts';

/** What is applied together. The next stage begins when this one is healthy. */
export interface Stage {
  readonly phase: HookPhase;
  readonly wave: number;
  /** 0: what others need to be made at all; more: after objects that it depends on. */
  readonly depth: number;
}

export function compareStages(a: Stage, b: Stage): number {
  return HOOK_PHASES.indexOf(a.phase) - HOOK_PHASES.indexOf(b.phase) || a.wave - b.wave || a.depth - b.depth;
}

/** `wave 2`, `the PreSync hooks of wave -1`: as it stands in a message. */
export function formatStage({ phase, wave, depth }: Stage): string {
  if (wave === -Infinity) return 'its namespaces';
  if (phase !== 'Sync') return `the ${phase} hooks${wave === 0 ? '' : ` of wave ${wave}`}`;
  if (depth === 0) return `the namespaces and definitions${wave === 0 ? '' : ` of wave ${wave}`}`;
  return `wave ${wave}${depth > 1 ? `, step ${depth}` : ''}`;
}

const FOUNDATIONS = new Set(['apiextensions.k8s.io/CustomResourceDefinition', '/Namespace']);

/** What others need to be made at all. */
export function isFoundation({ group, kind }: Pick<KindRef, 'group' | 'kind'>): boolean {
  return FOUNDATIONS.has(`${group}/${kind}`);
}

export interface Staged extends Target {
  readonly identity: Identity;
  readonly directives: Directives;
}

interface Depths {
  readonly depthOf: (identity: Identity) => number;
  /** Why an object can have no place, by its identity. */
  readonly faults: ReadonlyMap<Identity, string>;
}

/** How deep each object stands on others of its application. */
export function depthsOf(objects: ReadonlyMap<Identity, Staged>): Depths {
  const depths = new Map<Identity, number>();
  const faults = new Map<Identity, string>();
  const visit = (object: Staged, above: readonly Identity[]): number => {
    const known = depths.get(object.identity);
    if (known !== undefined) return known;
    const round = above.indexOf(object.identity);
    if (round >= 0) {
      const names = [...above.slice(round), object.identity].map((identity) => formatTarget(objects.get(identity)!));
      faults.set(object.identity, `depends on itself: ${names.join(' → ')}`);
      return 1;
    }
    let depth = isFoundation(object.kind) ? 0 : 1;
    for (const identity of object.directives.dependsOn) {
      const other = objects.get(identity);
      if (other) depth = Math.max(depth, visit(other, [...above, object.identity]) + 1);
      else faults.set(object.identity, `depends on ${identity.replace(/^\//, '')}, which this application does not have`);
    }
    depths.set(object.identity, depth);
    return depth;
  };
  for (const object of objects.values()) visit(object, []);
  return { depthOf: (identity) => depths.get(identity)!, faults };
}
