import type { InventoryItem } from '../../model/index.ts';
import type { Desired } from '../desired/desired.ts';
import { isOfEnd, type HookPhase } from '../desired/directives.ts';
import { formatTarget, identityOfItem, identityOfTarget } from '../desired/identity.ts';
import { byApplyOrder } from '../desired/order.ts';
import { compareStages } from '../desired/stages.ts';
import { Pace } from '../pace.ts';
import { byPlace, type Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';
import { planHooks } from './hooks.ts';
import { isNamespace, namespacesToMake } from './namespaces.ts';
import { keepUnasked, planObject, shortDigest, type PlanTools } from './object.ts';
import { planPrunes, type Elsewhere, type Prunes } from './prunes.ts';
import type { AppliedStep, ApplicationPlan, HookStep, Step } from './steps.ts';
import { warningsOf } from './warnings.ts';

export interface PlanInput {
  readonly commit: Commit;
  readonly desired: Desired;
  readonly inventory: readonly InventoryItem[];
  readonly prune: boolean;
  readonly elsewhere: Elsewhere;
  /** When hooks run: always after a sync that did not come to its end, and never when drift is put back. */
  readonly hooks?: 'always' | 'with changes' | 'never';
  /** Namespaces that are missing are made. */
  readonly createNamespaces?: boolean;
  /** The application itself is gone from the commit. */
  readonly goes?: boolean;
}

const STEPS_PER_TURN = 8;
const COST_OF_KEEP = 0.1;
/** One for all plans: many small ones in a row hold the loop like a large one. */
const pace = new Pace(STEPS_PER_TURN);

/** The steps from what is to what the commit asks for. Reads and dry runs, no writes. */
export async function makePlan(input: PlanInput, tools: PlanTools): Promise<ApplicationPlan> {
  const { commit, desired, inventory, prune, elsewhere } = input;
  const goes = input.goes ?? false;
  const about = { application: desired.application, commit, ...(goes ? { goes } : {}) };
  const empty = { ...about, steps: [], held: [], forgotten: [], moving: [], warnings: [], digest: '' };
  const namespaces = await namespacesToMake(desired, input.createNamespaces ?? false, tools.live);
  const coming = comingNamespaces(desired, namespaces);
  const { steps, problems } = await planObjects(desired, inventory, coming, tools);
  const declared = new Set(desired.objects.map(({ identity }) => identity));
  const leftover = prune ? inventory.filter((item) => !declared.has(identityOfItem(item))) : [];
  const isClear = desired.problems.length + problems.length === 0;
  const due = goes && !prune ? [] : desired.hooks.filter(({ stage }) => isOfEnd(stage.phase) === goes);
  const found = isClear ? await planPrunes(leftover, { application: desired.application, elsewhere, goes, ...tools }) : NO_PRUNES;
  const prunes = goes && due.length > 0 ? together(found) : found;
  const changes = [...namespaces, ...steps, ...prunes.steps].some(({ op }) => op !== 'keep');
  const when = input.hooks ?? 'with changes';
  const isTime = when === 'always' || (changes && when !== 'never');
  const hooks = isTime && !(goes && prunes.held.length + prunes.moving.length > 0) ? await planHooks(due, coming, tools) : NO_HOOKS;
  // What cannot be read may hold the namespace that another file is told to miss.
  const others = [...problems, ...hooks.problems].filter(({ code }) => desired.problems.length === 0 || code !== 'NotFound');
  const all = [...desired.problems, ...others];
  if (all.length > 0) return { ...empty, problems: all.toSorted(byPlace) };

  const arranged = arrange([...namespaces, ...steps], prunes.steps, hooks.steps);
  return {
    ...empty,
    steps: arranged,
    held: prunes.held,
    forgotten: prunes.forgotten,
    moving: prunes.moving,
    problems: [],
    warnings: [...warningsOf(arranged), ...prunes.warnings],
    digest: digestOfSteps(arranged),
  };
}

const NO_PRUNES: Prunes = { steps: [], held: [], forgotten: [], moving: [], warnings: [] };
const NO_HOOKS = { steps: [], problems: [] };

/** Hooks of the end run before the first object goes, so all go or none. */
function together(prunes: Prunes): Prunes {
  if (prunes.held.length + prunes.moving.length === 0) return prunes;
  const held = prunes.steps.map(({ target }) => ({ target, reason: `${formatTarget(target)} stays until all can go, after the hooks` }));
  return { ...prunes, steps: [], held: [...prunes.held, ...held] };
}

/** Hooks before, among and after the objects; prunes once everything else of the application is in place. */
export function arrange(objects: readonly Step[], prunes: readonly Step[], hooks: readonly HookStep[]): readonly Step[] {
  if (hooks.length === 0) return [...objects, ...prunes];
  const runIn = (...phases: readonly HookPhase[]) => hooks.filter(({ desired }) => phases.includes(desired.stage.phase));
  const before = [...runIn('PreSync', 'Sync'), ...objects] as readonly AppliedStep[];
  const ordered = before.toSorted((a, b) => compareStages(a.desired.stage, b.desired.stage) || byApplyOrder(a.desired, b.desired));
  return [...runIn('PreDelete'), ...ordered, ...prunes, ...runIn('PostSync', 'SyncFail', 'PostDelete')];
}

function comingNamespaces({ objects }: Desired, made: readonly Step[]): ReadonlySet<string> {
  return new Set([...objects.filter(({ kind }) => isNamespace(kind)), ...made.map(({ target }) => target)].map(({ name }) => name));
}

async function planObjects(
  desired: Desired,
  inventory: readonly InventoryItem[],
  coming: ReadonlySet<string>,
  tools: PlanTools,
): Promise<{ steps: Step[]; problems: Problem[] }> {
  const owned = new Map(inventory.map((item) => [identityOfItem(item), item] as const));
  const steps: Step[] = [];
  const problems: Problem[] = [];
  for (const object of desired.objects) {
    const kept = keepUnasked(object, owned.get(object.identity), tools.live);
    const planned = kept ? { step: kept } : await planObject(object, coming, tools);
    if ('problems' in planned) problems.push(...planned.problems);
    else if (planned.step) steps.push(planned.step);
    const turn = pace.spend(kept ? COST_OF_KEEP : 1);
    if (turn) await turn;
  }
  return { steps, problems };
}

/** Of what the steps change: what an approval names. */
export function digestOfSteps(steps: readonly Step[]): string {
  return shortDigest(steps.flatMap((step) => (step.op === 'keep' ? [] : [[step.op, identityOfTarget(step.target), step.change]])));
}
