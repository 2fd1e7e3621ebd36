import { compareStages, type Stage } from '../desired/stages.ts';
import type { ApplicationPlan, AppliedStep, PruneStep, Step } from '../plan/steps.ts';

/** Steps that are done together, with their places in the plan. */
export type Group =
  | { readonly kind: 'stage'; readonly stage: Stage; readonly first: number; readonly steps: readonly AppliedStep[] }
  | { readonly kind: 'prunes'; readonly first: number; readonly steps: readonly PruneStep[] };

/** The plan in its order, cut where it has to wait. */
export function groupsOf({ steps }: Pick<ApplicationPlan, 'steps'>): readonly Group[] {
  const groups: Group[] = [];
  let first = 0;
  while (first < steps.length) {
    let end = first + 1;
    while (end < steps.length && areTogether(steps[first]!, steps[end]!)) end++;
    const group = steps.slice(first, end);
    groups.push(
      group[0]!.op === 'prune'
        ? { kind: 'prunes', first, steps: group as readonly PruneStep[] }
        : { kind: 'stage', stage: group[0]!.desired.stage, first, steps: group as readonly AppliedStep[] },
    );
    first = end;
  }
  return groups;
}

function areTogether(a: Step, b: Step): boolean {
  if (a.op === 'prune' || b.op === 'prune') return a.op === b.op;
  return compareStages(a.desired.stage, b.desired.stage) === 0;
}
