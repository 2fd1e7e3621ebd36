import type { Client } from '../../client/index.ts';
import type { Plan } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { cleanHook, endHook } from '../apply/hook.ts';
import type { KindLookup } from '../desired/kinds.ts';
import { liveOf } from '../plan/live.ts';
import type { ApplicationPlan } from '../plan/steps.ts';

/** Takes away hooks that have ended, as far as they ask for it: only once it is on record how they ended. */
export async function clean(plan: ApplicationPlan, { results }: ApplyReport, client: Client): Promise<void> {
  const tools = { client, live: liveOf(client), because: `commit ${plan.commit.short}: the hook has ended` };
  for (const [i, step] of plan.steps.entries()) {
    const outcome = results[i]?.outcome;
    if (step.op === 'hook' && (outcome === 'applied' || outcome === 'failed')) await cleanHook(step, tools);
  }
}

/** Another sync takes over: two of them never run their hooks side by side. What was cut off did not get to tell that it runs. */
export async function endRunning(overtaken: Plan | undefined, { client, kinds }: { client: Client; kinds: KindLookup }): Promise<void> {
  if (!overtaken) return;
  const { metadata, spec, status } = overtaken;
  for (const [i, step] of spec.steps.entries()) {
    if (step.op !== 'hook' || status?.steps?.[i]?.outcome === 'applied') continue;
    const kind = await kinds.find(step);
    const tools = { client, live: liveOf(client), because: `plan ${metadata.name} was overtaken` };
    if (kind) await endHook({ kind, namespace: step.namespace, name: step.name }, metadata.name, tools);
  }
}
