import { APPLICATIONS, SYSTEM_NAMESPACE, type KindRef, type Manifest, type PruneBudget } from '../../model/index.ts';
import { isOfEnd, readDirectives } from '../desired/directives.ts';
import { formatTarget, identityOfTarget } from '../desired/identity.ts';
import { digestOfSteps } from '../plan/plan.ts';
import type { ApplicationPlan, HeldStep, Step } from '../plan/steps.ts';

const MOST_PRUNES = 20;
const LARGEST_PERCENT = 50;

/** With these, what others keep in them goes too. */
const ALWAYS_ASKED = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition']);

export interface BudgetInput {
  readonly plan: ApplicationPlan;
  /** How many objects the application owned when a sync was complete last. */
  readonly owned: number | undefined;
  /** Whether a person said yes to the commit, or to steps of this digest. */
  readonly approved: (digest: string) => boolean;
  /** Whether the application was like this before: going back is meant. Asked only when it matters. */
  readonly goesBack: () => Promise<boolean>;
  /** Why a person has to agree that the application goes at all, even if nothing is pruned. */
  readonly doubt?: string;
  /** What the application allows, where it says so. */
  readonly budget?: PruneBudget;
}

type Change<Op> = Extract<Step, { op: Op }>;

/**
 * Takes out of a plan what would remove more than anyone may have meant, and what has to be deleted to be changed. The
 * rest goes on. One approval is for all that is held, and is void when that is something else.
 */
export async function withinBudget({ plan, owned, approved, goesBack, doubt, budget }: BudgetInput): Promise<ApplicationPlan> {
  if (approved(plan.digest)) return plan;
  const replaces = plan.steps.filter((step) => step.op === 'replace' && !step.agreed) as Change<'replace'>[];
  const prunes = plan.steps.filter((step) => step.op === 'prune');
  const excess =
    prunes.length > 0
      ? await whyNotPruned(prunes, { owned: (owned ?? wholeOf(plan)) - itselfAmong(plan), goesBack, doubt, budget })
      : undefined;
  const leaving = excess === undefined ? [] : plan.steps.filter(isOfLeaving);
  const held = [...replaces, ...leaving];
  const goes = doubt !== undefined && leaving.length === 0 ? doubt : undefined;
  if ((held.length === 0 && goes === undefined) || approved(digestOfSteps(held))) return plan;
  const hint = `if that is meant: slipway approve ${plan.application}`;
  const steps = plan.steps.flatMap((step) => {
    if (!held.includes(step as (typeof held)[number])) return [step];
    return step.op === 'replace' ? [unchanged(step)] : [];
  });
  return {
    ...plan,
    steps,
    digest: digestOfSteps(steps),
    held: [
      ...plan.held,
      ...replaces.map((step) => holdReplace(step, hint)),
      ...leaving.map((step) => holdPrune(step, step === prunes[0] ? `${excess}; ${hint}` : undefined)),
      ...(goes === undefined ? [] : [holdItself(plan.application, `${goes}; ${hint}`)]),
    ],
  };
}

/** A prune, or a hook that runs when the application goes. */
function isOfLeaving(step: Step): step is Change<'prune' | 'hook'> {
  return step.op === 'prune' || (step.op === 'hook' && isOfEnd(step.desired.stage.phase));
}

/** Without a digest it is looked at again. */
function unchanged({ target, desired, before }: Change<'replace'>): Step {
  return { op: 'keep', target, desired: { ...desired, digest: '' }, live: before };
}

function holdReplace(step: Change<'replace'>, hint: string): HeldStep {
  const { target, because } = step;
  return {
    target,
    step,
    reason: `${formatTarget(target)} stays as it is: it would have to be deleted and made anew (${because}); ${hint}`,
  };
}

/** Why is said once. */
function holdPrune(step: Change<'prune' | 'hook'>, why: string | undefined): HeldStep {
  const { target } = step;
  if (step.op === 'hook') return { target, step, reason: `${formatTarget(target)} runs when the objects may go` };
  if (why === undefined) return { target, step, reason: `${formatTarget(target)} is not pruned for the same reason`, likewise: true };
  return { target, step, reason: `${formatTarget(target)} is not pruned: ${why}` };
}

const itself = (name: string) => ({ kind: APPLICATIONS as unknown as KindRef<Manifest>, namespace: SYSTEM_NAMESPACE, name });

/** That it is written down in its own directory, and goes with it, leaves no more to be pruned unasked. */
const itselfAmong = ({ application, forgotten }: ApplicationPlan) => (forgotten.includes(identityOfTarget(itself(application))) ? 1 : 0);

function holdItself(name: string, why: string): HeldStep {
  const target = itself(name);
  return { target, reason: `${formatTarget(target)} stays: ${why}` };
}

async function whyNotPruned(
  prunes: readonly Change<'prune'>[],
  { owned, goesBack, doubt, budget }: Pick<BudgetInput, 'goesBack' | 'doubt' | 'budget'> & { readonly owned: number },
): Promise<string | undefined> {
  if (doubt !== undefined) return doubt;
  const grave = prunes.filter(({ target }) => ALWAYS_ASKED.has(target.kind.kind));
  if (grave.length > 0) return `removing ${listOf(grave)} takes along what is in it`;
  const asked = prunes.filter(({ before }) => readDirectives(before).directives.askWhenRemoved);
  if (asked.length > 0) return `${listOf(asked)} is annotated to be asked for`;
  const excess = excessOf(prunes.length, owned, budget);
  return excess === undefined || (await goesBack()) ? undefined : excess;
}

/** What it would have been, for an application of which no sync was ever complete. */
const wholeOf = ({ steps }: ApplicationPlan) => steps.filter(({ op }) => op !== 'hook').length;

const listOf = (steps: readonly Step[]) => steps.map(({ target }) => formatTarget(target)).join(', ');

export function excessOf(prunes: number, owned: number, budget: PruneBudget = {}): string | undefined {
  const { objects = MOST_PRUNES, percent = LARGEST_PERCENT } = budget;
  if (prunes > objects) return `${prunes} ${prunes === 1 ? 'object' : 'objects'} would be pruned, more than ${objects}`;
  if (prunes * 100 <= owned * percent) return undefined;
  return `${prunes} of ${owned} objects would be pruned, more than ${percent === LARGEST_PERCENT ? 'half' : `${percent} %`}`;
}
