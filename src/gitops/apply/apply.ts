import { messageOf, type Log } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { Manifest } from '../../model/index.ts';
import { Pace } from '../pace.ts';
import type { Live } from '../plan/live.ts';
import type { ApplicationPlan, Step } from '../plan/steps.ts';
import type { Veil } from '../veil.ts';
import { writeCreate, writePrune, writeReplace, writeUpdate, type WriteTools, type Written } from './bound.ts';
import { beginsRollout, writeChangeCause } from './cause.ts';

export type StepResult =
  | { readonly outcome: 'applied'; /** As it was written; undefined for a prune. */ readonly object: Manifest | undefined }
  | { readonly outcome: 'failed' | 'skipped'; readonly message: string };

export interface ApplyReport {
  /** In the order of the plan's steps. */
  readonly results: readonly StepResult[];
  /** `outdated`: the cluster is no longer what the plan was made for, so plan again. */
  readonly ended: 'complete' | 'failed' | 'superseded' | 'outdated';
}

export interface ApplyTools {
  readonly client: Client;
  readonly live: Live;
  readonly veil: Veil;
  readonly log: Log;
  /** A newer commit has taken over, or the process ends: what is left is not done. */
  readonly superseded: () => boolean;
}

const STEPS_PER_TURN = 8;

/** Runs a plan in its order. One object that fails does not stop the others, but then nothing is pruned. */
export async function applyPlan(plan: ApplicationPlan, { client, live, veil, log, superseded }: ApplyTools): Promise<ApplyReport> {
  const tools: WriteTools = { client, live, veil, because: `commit ${plan.commit.short} ${plan.commit.subject}` };
  const results: StepResult[] = [];
  const pace = new Pace(STEPS_PER_TURN);
  let ended: ApplyReport['ended'] = 'complete';
  for (const step of plan.steps) {
    if (step.op !== 'keep' && ended !== 'outdated' && superseded()) ended = 'superseded';
    const result = ended === 'superseded' || ended === 'outdated' ? skip(step, ended) : await run(step, ended, tools);
    if (result === 'outdated') {
      ended = 'outdated';
      results.push(skip(step, ended));
      continue;
    }
    if (result.outcome === 'failed') ended = 'failed';
    if (result.outcome === 'applied' && beginsRollout(step)) {
      await writeChangeCause(step, plan.commit, client).catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'change-cause not written'),
      );
    }
    results.push(result);
    await pace.spend(step.op === 'keep' ? 0 : 1);
  }
  return { results, ended };
}

function skip(step: Step, why: 'superseded' | 'outdated'): StepResult {
  if (step.op === 'keep') return { outcome: 'applied', object: step.live };
  return { outcome: 'skipped', message: why === 'superseded' ? 'a newer commit took over' : 'the object changed after the plan was made' };
}

async function run(step: Step, ended: ApplyReport['ended'], tools: WriteTools): Promise<StepResult | 'outdated'> {
  try {
    if (step.op === 'keep') return { outcome: 'applied', object: step.live };
    if (step.op === 'prune') return await prune(step, ended, tools);
    const written = await write(step, tools);
    return written === 'outdated' ? 'outdated' : { outcome: 'applied', object: written.object };
  } catch (error) {
    const message = messageOf(error);
    return { outcome: 'failed', message: 'desired' in step ? tools.veil.scrub(step.desired.object, message) : message };
  }
}

function write(step: Extract<Step, { op: 'create' | 'update' | 'replace' }>, tools: WriteTools): Promise<Written> {
  if (step.op === 'create') return writeCreate(step, tools);
  return step.op === 'update' ? writeUpdate(step, tools) : writeReplace(step, tools);
}

async function prune(step: Extract<Step, { op: 'prune' }>, ended: ApplyReport['ended'], tools: WriteTools): Promise<StepResult> {
  if (ended === 'failed') return { outcome: 'skipped', message: 'nothing is pruned after a step that failed' };
  const found = await writePrune(step, tools);
  return found === 'gone'
    ? { outcome: 'applied', object: undefined }
    : { outcome: 'skipped', message: 'another object has this name by now' };
}
