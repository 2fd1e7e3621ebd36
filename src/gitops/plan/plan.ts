import type { InventoryItem } from '../../model/index.ts';
import type { Desired } from '../desired/desired.ts';
import { identityOf, identityOfTarget } from '../desired/identity.ts';
import { Pace } from '../pace.ts';
import { byPlace, type Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';
import { isNamespace, keepUnasked, planObject, shortDigest, type PlanTools } from './object.ts';
import { planPrunes, type Elsewhere } from './prunes.ts';
import type { ApplicationPlan, Step } from './steps.ts';
import { warningsOf } from './warnings.ts';

export interface PlanInput {
  readonly commit: Commit;
  readonly desired: Desired;
  readonly inventory: readonly InventoryItem[];
  readonly prune: boolean;
  readonly elsewhere: Elsewhere;
}

const STEPS_PER_TURN = 16;
const COST_OF_KEEP = 0.1;

/** The steps from what is to what the commit asks for. Reads and dry runs, no writes. */
export async function makePlan({ commit, desired, inventory, prune, elsewhere }: PlanInput, tools: PlanTools): Promise<ApplicationPlan> {
  const empty = { application: desired.application, commit, steps: [], held: [], forgotten: [], warnings: [], digest: '' };
  const { steps, problems } = await planObjects(desired, inventory, tools);
  // What cannot be read may hold the namespace that another file is told to miss.
  const refused = desired.problems.length > 0 ? problems.filter(({ code }) => code !== 'NotFound') : problems;
  const all = [...desired.problems, ...refused];
  if (all.length > 0) return { ...empty, problems: all.toSorted(byPlace) };

  const declared = new Set(desired.objects.map(({ identity }) => identity));
  const leftover = prune ? inventory.filter((item) => !declared.has(identityOf(item))) : [];
  const prunes = await planPrunes(leftover, { application: desired.application, elsewhere, ...tools });
  const changes = [...steps, ...prunes.steps];
  return {
    ...empty,
    steps: changes,
    held: prunes.held,
    forgotten: prunes.forgotten,
    problems: [],
    warnings: warningsOf(changes),
    digest: digestOfSteps(changes),
  };
}

async function planObjects(
  desired: Desired,
  inventory: readonly InventoryItem[],
  tools: PlanTools,
): Promise<{ steps: Step[]; problems: Problem[] }> {
  const owned = new Map(inventory.map((item) => [identityOf(item), item] as const));
  const coming = new Set(desired.objects.filter(({ kind }) => isNamespace(kind)).map(({ name }) => name));
  const steps: Step[] = [];
  const problems: Problem[] = [];
  const pace = new Pace(STEPS_PER_TURN);
  for (const object of desired.objects) {
    const kept = keepUnasked(object, owned.get(object.identity), tools.live);
    const planned = kept ? { step: kept } : await planObject(object, coming, tools);
    if ('step' in planned) steps.push(planned.step);
    else problems.push(...planned.problems);
    await pace.spend(kept ? COST_OF_KEEP : 1);
  }
  return { steps, problems };
}

/** Of what the steps change: what an approval names. */
export function digestOfSteps(steps: readonly Step[]): string {
  return shortDigest(steps.flatMap((step) => (step.op === 'keep' ? [] : [[step.op, identityOfTarget(step.target), step.change]])));
}
