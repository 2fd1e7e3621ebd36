import { formatTarget } from '../desired/identity.ts';
import type { PruneBudget } from '../../model/index.ts';
import { digestOfSteps } from '../plan/plan.ts';
import type { ApplicationPlan, Step } from '../plan/steps.ts';

/** As many may always go: a small application would else reach its share at once. */
const FREE_PRUNES = 5;
const MOST_PRUNES = 20;
const LARGEST_PERCENT = 50;

/** With these, what others keep in them goes too. */
const ALWAYS_ASKED = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition']);

export interface BudgetInput {
  readonly plan: ApplicationPlan;
  /** How many objects the application owns. */
  readonly owned: number;
  /** Whether a person said yes to the commit, or to steps of this digest. */
  readonly approved: (digest: string) => boolean;
  /** Whether the application was like this before: going back is meant. Asked only when it matters. */
  readonly goesBack: () => Promise<boolean>;
  /** What the application allows, where it says so. */
  readonly budget?: PruneBudget;
}

/** Takes the prunes out of a plan that would remove more than anyone may have meant. The rest goes on. */
export async function withinBudget({ plan, owned, approved, goesBack, budget }: BudgetInput): Promise<ApplicationPlan> {
  if (approved(plan.digest)) return plan;
  return prunesWithin(holdReplaced(plan, approved), { owned, approved, goesBack, budget });
}

/** What has to be deleted to be changed waits for a person: its pods end first, and its data may go. */
function holdReplaced(plan: ApplicationPlan, approved: BudgetInput['approved']): ApplicationPlan {
  const replaced = plan.steps.filter((step) => step.op === 'replace');
  if (replaced.length === 0 || approved(digestOfSteps(replaced))) return plan;
  const held = replaced.map(({ target, because }) => ({
    target,
    budget: true,
    reason: `${formatTarget(target)} stays as it is: it would have to be deleted and made anew (${because}); ${howToApprove(plan, replaced)}`,
  }));
  const steps = plan.steps.map((step): Step =>
    step.op === 'replace' ? { op: 'keep', target: step.target, desired: { ...step.desired, digest: '' }, live: step.before } : step,
  );
  return { ...plan, steps, held: [...plan.held, ...held] };
}

async function prunesWithin(
  plan: ApplicationPlan,
  { owned, approved, goesBack, budget }: Omit<BudgetInput, 'plan'>,
): Promise<ApplicationPlan> {
  const prunes = plan.steps.filter((step) => step.op === 'prune');
  if (prunes.length === 0 || approved(digestOfSteps(prunes))) return plan;
  const grave = prunes.filter(({ target }) => ALWAYS_ASKED.has(target.kind.kind));
  if (grave.length > 0)
    return hold(plan, prunes, `removing ${grave.map(({ target }) => formatTarget(target)).join(', ')} takes along what is in it`);
  const excess = excessOf(prunes.length, owned, budget);
  if (excess === undefined || (await goesBack())) return plan;
  return hold(plan, prunes, excess);
}

export function excessOf(prunes: number, owned: number, budget: PruneBudget = {}): string | undefined {
  const { objects = MOST_PRUNES, percent } = budget;
  if (prunes > objects) return `${prunes} objects would be pruned, more than ${objects}`;
  const free = percent === undefined ? FREE_PRUNES : 0;
  if (prunes <= free || prunes * 100 <= owned * (percent ?? LARGEST_PERCENT)) return undefined;
  return `${prunes} of ${owned} objects would be pruned, more than ${percent === undefined ? 'half' : `${percent} %`}`;
}

/** An approval names what would be changed, so that it is void when that is something else; what is applied meanwhile does not count. */
function howToApprove({ application }: ApplicationPlan, steps: readonly Step[]): string {
  return `if that is meant: kubectl annotate application ${application} -n slipway-system --overwrite slipway.dev/approved=${digestOfSteps(steps)}`;
}

function hold(plan: ApplicationPlan, prunes: readonly Step[], why: string): ApplicationPlan {
  const hint = howToApprove(plan, prunes);
  return {
    ...plan,
    steps: plan.steps.filter((step) => step.op !== 'prune'),
    held: [
      ...plan.held,
      ...prunes.map(({ target }, i) => ({
        target,
        budget: true,
        reason: i === 0 ? `nothing is pruned: ${why}; ${hint}` : `${formatTarget(target)} stays for the same reason`,
      })),
    ],
  };
}
