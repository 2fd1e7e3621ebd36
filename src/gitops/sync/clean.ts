import type { Client } from '../../client/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { cleanHook } from '../apply/hook.ts';
import { liveOf } from '../plan/live.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import type { Veil } from '../veil.ts';

/** Takes away hooks that have ended, as far as they ask for it: only once it is on record how they ended. */
export async function clean(plan: ApplicationPlan, { results }: ApplyReport, client: Client, veil: Veil): Promise<void> {
  const tools = { client, live: liveOf(client), veil, because: `commit ${plan.commit.short}: the hook has ended` };
  for (const [i, step] of plan.steps.entries()) {
    const outcome = results[i]?.outcome;
    if (step.op !== 'hook' || step.desired.stage.phase === 'SyncFail') continue;
    if (outcome === 'applied' || outcome === 'failed') await cleanHook(step, outcome === 'applied' ? 'Succeeded' : 'Failed', tools);
  }
}
