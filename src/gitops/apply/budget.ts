import { formatTarget } from '../desired/identity.ts';
import type { ApplicationPlan, Step } from '../plan/steps.ts';

/** As many may always go: a small application would else reach its share at once. */
const FREE_PRUNES = 5;
const MOST_PRUNES = 20;
const LARGEST_SHARE = 0.5;

/** With these, what others keep in them goes too. */
const ALWAYS_ASKED = new Set(['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition']);

export interface BudgetInput {
  readonly plan: ApplicationPlan;
  /** How many objects the application owns. */
  readonly owned: number;
  /** A person said yes to this commit. */
  readonly approved: boolean;
  /** Whether the application was like this before: going back is meant. Asked only when it matters. */
  readonly goesBack: () => Promise<boolean>;
}

/** Takes the prunes out of a plan that would remove more than anyone may have meant. The rest goes on. */
export async function withinBudget({ plan, owned, approved, goesBack }: BudgetInput): Promise<ApplicationPlan> {
  const prunes = plan.steps.filter((step) => step.op === 'prune');
  if (approved || prunes.length === 0) return plan;
  const grave = prunes.filter(({ target }) => ALWAYS_ASKED.has(target.kind.kind));
  if (grave.length > 0)
    return hold(plan, prunes, `removing ${grave.map(({ target }) => formatTarget(target)).join(', ')} takes along what is in it`);
  const excess = excessOf(prunes.length, owned);
  if (excess === undefined || (await goesBack())) return plan;
  return hold(plan, prunes, excess);
}

export function excessOf(prunes: number, owned: number): string | undefined {
  if (prunes > MOST_PRUNES) return `${prunes} objects would be pruned, more than ${MOST_PRUNES}`;
  if (prunes > FREE_PRUNES && prunes > owned * LARGEST_SHARE) return `${prunes} of ${owned} objects would be pruned, more than half`;
  return undefined;
}

function hold(plan: ApplicationPlan, prunes: readonly Step[], why: string): ApplicationPlan {
  const { application, commit } = plan;
  const hint = `if that is meant: kubectl annotate application ${application} -n slipway-system --overwrite slipway.dev/approved=${commit.short}`;
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
