import { messageOf, type Log } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { Manifest, StepOutcome } from '../../model/index.ts';
import { formatStage } from '../desired/stages.ts';
import { formatTarget, type Target } from '../desired/identity.ts';
import { runsPods } from '../health/pods.ts';
import { Pace } from '../pace.ts';
import type { Live } from '../plan/live.ts';
import type { ApplicationPlan, HookStep, KeepStep, PruneStep, Step } from '../plan/steps.ts';
import type { Veil } from '../veil.ts';
import { writeCreate, writePrune, writeReplace, writeUpdate, type StepTools } from './bound.ts';
import { causeOf } from './cause.ts';
import { gateOf, MOST_NAMED, REMOVAL, type Gate, type Look } from './gate.ts';
import { groupsOf, type Group } from './groups.ts';
import { runHook } from './hook.ts';

/** As it is kept. */
export interface Told {
  readonly outcome: StepOutcome;
  readonly message?: string;
}

export type StepResult =
  | { readonly outcome: 'applied'; /** As it was written; undefined for a prune and a hook. */ readonly object: Manifest | undefined }
  | { readonly outcome: 'failed' | 'skipped' | 'running'; readonly message: string };

export interface ApplyReport {
  /** In the order of the plan's steps. */
  readonly results: readonly StepResult[];
  /** `outdated`: the cluster is no longer what the plan was made for, so plan again. `waiting`: the rest is for later. */
  readonly ended: 'complete' | 'failed' | 'superseded' | 'outdated' | 'waiting';
  /** What it waits for, or waited for in vain. */
  readonly gate?: Gate;
}

export interface ApplyTools {
  readonly client: Client;
  readonly live: Live;
  readonly veil: Veil;
  readonly log: Log;
  /** A newer commit has taken over, or the process ends: what is left is not done. */
  readonly superseded: () => boolean;
  /** How an object is now. */
  readonly look: Look;
  /** Tells the hooks of this run from those of another. */
  readonly run: string;
  /** What came of a step in an earlier part of this run. */
  readonly told: (step: Step) => Told | undefined;
  /** Whether an earlier part of this run deleted what it keeps, to make it anew. */
  readonly isReplaced: (step: KeepStep) => boolean;
  /** Whether a stage has been waited for long enough. */
  readonly isOverdue: (stage: string) => boolean;
}

const STEPS_PER_TURN = 8;
/** One for all plans: many small ones in a row hold the loop like a large one. */
const pace = new Pace(STEPS_PER_TURN);

/**
 * Runs a plan in its order, stage by stage. It never sleeps: where a stage has to become healthy first it ends, and is
 * run again when that may have changed. One object that fails does not stop the others of its stage, but what follows.
 */
export async function applyPlan(plan: ApplicationPlan, tools: ApplyTools): Promise<ApplyReport> {
  return new Run(plan, tools).through();
}

class Run {
  readonly #plan: ApplicationPlan;
  readonly #tools: ApplyTools;
  readonly #write: StepTools;
  readonly #results: StepResult[] = [];
  /** Also the pods of what goes are waited for. */
  readonly #hasMourners: boolean;
  #ended: ApplyReport['ended'] = 'complete';
  #gate: Gate | undefined;

  constructor(plan: ApplicationPlan, tools: ApplyTools) {
    this.#plan = plan;
    this.#tools = tools;
    this.#hasMourners = plan.steps.some((step) => step.op === 'hook' && step.desired.stage.phase === 'PostDelete');
    const { client, live, veil } = tools;
    const cause = causeOf(plan.commit);
    this.#write = { client, live, veil, because: `commit ${cause}`, cause };
  }

  async through(): Promise<ApplyReport> {
    const groups = groupsOf(this.#plan);
    // What failed is not tried again while the hooks for failures run; that one of these fails keeps nothing from going on.
    if (this.#plan.steps.some((step) => !isForFailure(step) && this.#tools.told(step)?.outcome === 'failed')) this.#ended = 'failed';
    for (const [i, group] of groups.entries()) {
      const isFree = this.#ended === 'complete' || isCleanUp(group, this.#ended);
      for (const step of group.steps) this.#results.push(await this.#step(step, isFree));
      if (group.kind === 'prunes') this.#waitFor(REMOVAL, this.#runningOf(group));
      else if (this.#gate && isCleanUp(group, this.#ended)) this.#attend(group, this.#gate);
      else if (this.#isAwaited(group, groups.slice(i + 1))) await this.#wait(group);
    }
    return { results: this.#results, ended: this.#ended, ...(this.#gate ? { gate: this.#gate } : {}) };
  }

  async #step(step: Step, isFree: boolean): Promise<StepResult> {
    if (step.op === 'keep') return this.#tools.isReplaced(step) ? endingOf(step.live) : { outcome: 'applied', object: step.live };
    if (this.#ended !== 'outdated' && this.#tools.superseded()) this.#ended = 'superseded';
    const before = this.#tools.told(step);
    if (step.op === 'hook' && before?.outcome === 'applied') return { outcome: 'applied', object: undefined };
    if (before?.outcome === 'failed') return { outcome: 'failed', message: before.message ?? '' };
    const why = this.#whyNot(step, isFree);
    if (why !== undefined) return { outcome: 'skipped', message: why };
    const result = await this.#run(step);
    await pace.spend(1);
    return result;
  }

  #whyNot(step: Step, isFree: boolean): string | undefined {
    if (this.#ended === 'superseded') return 'a newer commit took over';
    if (this.#ended === 'outdated') return 'the object changed after the plan was made';
    if (isFree) return isForFailure(step) && this.#ended !== 'failed' ? 'nothing failed' : undefined;
    if (this.#ended === 'waiting') return `waits for ${this.#gate!.stage}`;
    return step.op === 'prune' ? 'nothing is pruned after a step that failed' : 'what comes before it failed';
  }

  async #run(step: Exclude<Step, { op: 'keep' }>): Promise<StepResult> {
    try {
      if (step.op === 'hook') return await this.#hook(step);
      if (step.op === 'prune') return await this.#prune(step);
      const written = await this.#writeStep(step);
      if (written === 'outdated') {
        this.#ended = 'outdated';
        return { outcome: 'skipped', message: 'the object changed after the plan was made' };
      }
      if ('ending' in written) return endingOf(written.ending);
      return { outcome: 'applied', object: written.object };
    } catch (error) {
      this.#ended = 'failed';
      const message = messageOf(error);
      return { outcome: 'failed', message: 'desired' in step ? this.#tools.veil.scrub(step.desired.object, message) : message };
    }
  }

  #writeStep(step: Extract<Step, { op: 'create' | 'update' | 'replace' }>): ReturnType<typeof writeReplace> {
    if (step.op === 'create') return writeCreate(step, this.#write);
    return step.op === 'update' ? writeUpdate(step, this.#write) : writeReplace(step, this.#write);
  }

  async #hook(step: HookStep): Promise<StepResult> {
    const { run, look } = this.#tools;
    const state = await runHook(step, run, this.#write);
    if (state.kind === 'running') return { outcome: 'running', message: (await look(step.target, state.object)).message ?? 'is running' };
    if (state.as === 'Succeeded') return { outcome: 'applied', object: undefined };
    this.#ended = 'failed';
    return { outcome: 'failed', message: (await look(step.target, undefined)).message ?? state.health.message ?? 'failed' };
  }

  /** An application is not gone before its objects are; where hooks run when nothing is left, with their pods. */
  async #prune(step: PruneStep): Promise<StepResult> {
    const propagation = this.#hasMourners && runsPods(step.target.kind) ? 'Foreground' : 'Background';
    if ((await writePrune(step, this.#write, propagation)) === 'another') {
      return { outcome: 'skipped', message: 'another object has this name by now' };
    }
    const left = this.#plan.goes ? await this.#tools.live.read(step.target) : undefined;
    if (left?.metadata.uid !== step.uid) return { outcome: 'applied', object: undefined };
    return endingOf(left);
  }

  #hasRun(step: HookStep): boolean {
    return this.#tools.told(step)?.outcome === 'applied';
  }

  /** A stage is waited for when something comes after it, and when it runs or ends something itself. */
  #isAwaited(group: Group, later: readonly Group[]): boolean {
    if (this.#ended !== 'complete') return isCleanUp(group, this.#ended);
    const isAhead = (step: Step) => step.op !== 'keep' && !(step.op === 'hook' && this.#hasRun(step));
    return (
      group.steps.some(({ op }) => op === 'hook') ||
      this.#runningOf(group).length > 0 ||
      later.some(({ kind, steps }) => kind === 'stage' && steps.some((step) => isAhead(step) && !isForFailure(step)))
    );
  }

  async #wait(group: Extract<Group, { kind: 'stage' }>): Promise<void> {
    const name = formatStage(group.stage);
    const awaited = group.steps.flatMap((step, i) => {
      const result = this.#results[group.first + i]!;
      return step.op === 'hook' || result.outcome === 'running'
        ? []
        : [{ target: step.target, object: 'object' in result ? result.object : undefined }];
    });
    this.#waitFor(name, this.#runningOf(group), await gateOf(name, awaited, this.#tools.look));
  }

  /** What was too slow goes on as soon as it is there, and waits for no hook: these are only looked at until they end. */
  #attend(group: Group, gate: Gate): void {
    this.#gate = { ...gate, on: [...gate.on, ...this.#runningOf(group).map(({ target }) => target)] };
  }

  #waitFor(stage: string, running: readonly Running[], closed?: Gate): void {
    if (!closed && running.length === 0) return;
    const named = running.slice(0, MOST_NAMED).map(({ target, message }) => `${formatTarget(target)} (${message})`);
    const more = running.length > MOST_NAMED ? ` and ${running.length - MOST_NAMED} more` : '';
    this.#gate = {
      stage,
      on: [...(closed?.on ?? []), ...running.map(({ target }) => target)],
      message: [...(closed ? [closed.message] : []), ...(running.length > 0 ? [`${named.join(', ')}${more}`] : [])].join(', '),
    };
    this.#ended = this.#tools.isOverdue(stage) ? 'failed' : 'waiting';
  }

  /** What was started in a group and is not through. */
  #runningOf({ first, steps }: Group): readonly Running[] {
    return steps.flatMap(({ target }, i) => {
      const result = this.#results[first + i]!;
      return result.outcome === 'running' ? [{ target, message: result.message }] : [];
    });
  }
}

interface Running {
  readonly target: Target;
  readonly message: string;
}

function endingOf({ metadata: { finalizers = [] } }: Manifest): StepResult {
  return { outcome: 'running', message: finalizers.length > 0 ? `held by ${finalizers.join(', ')}` : 'is ending' };
}

const isForFailure = (step: Step) => step.op === 'hook' && step.desired.stage.phase === 'SyncFail';

const isCleanUp = ({ steps }: Group, ended: ApplyReport['ended']) => ended === 'failed' && steps.some(isForFailure);
