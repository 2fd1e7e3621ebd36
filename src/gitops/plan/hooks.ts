import type { Manifest, ObjectMeta } from '../../model/index.ts';
import type { DesiredObject } from '../desired/desired.ts';
import type { Problem } from '../problem.ts';
import type { Veil } from '../veil.ts';
import { waitsForNamespace, type PlanTools } from './object.ts';
import { refusalOf } from './refusal.ts';
import type { HookStep } from './steps.ts';

/** Each hook of a sync as a step, or what the server has against it. */
export async function planHooks(
  hooks: readonly DesiredObject[],
  coming: ReadonlySet<string>,
  tools: PlanTools,
): Promise<{ readonly steps: readonly HookStep[]; readonly problems: readonly Problem[] }> {
  const steps: HookStep[] = [];
  const problems: Problem[] = [];
  for (const hook of hooks) {
    problems.push(...(await whatIsWrong(hook, coming, tools)));
    steps.push(toHookStep(hook, tools.veil));
  }
  return { steps, problems };
}

export function toHookStep(hook: DesiredObject, veil: Veil): HookStep {
  return { op: 'hook', target: hook, desired: hook, after: veil.cover(hook.object), change: `run ${hook.stage.phase} ${hook.digest}` };
}

/** Asked under another name: the last run may still be there, and takes no change. */
async function whatIsWrong(hook: DesiredObject, coming: ReadonlySet<string>, tools: PlanTools): Promise<readonly Problem[]> {
  if (!(await tools.kinds.find(hook.object)) || (await waitsForNamespace(hook, coming, tools.live))) return [];
  const { name, ...metadata } = hook.object.metadata;
  const nameless: Manifest = { ...hook.object, metadata: { ...metadata, generateName: `${name}-` } as ObjectMeta };
  try {
    await tools.client.create(hook.kind, nameless, { dryRun: true, fieldValidation: 'Strict' });
    return [];
  } catch (error) {
    const found = await refusalOf(error, hook, tools.veil);
    if (found === undefined) throw error;
    return found;
  }
}
