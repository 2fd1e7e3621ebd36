import { messageOf, type Log } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { Manifest, StepOutcome } from '../../model/index.ts';
import { formatStage } from '../desired/stages.ts';
import { formatTarget } from '../desired/identity.ts';
import { Pace } from '../pace.ts';
import type { Live } from '../plan/live.ts';
import type { ApplicationPlan, AppliedStep, HookStep, PruneStep, Step } from '../plan/steps.ts';
import type { Veil } from '../veil.ts';
import { writeCreate, writePrune, writeReplace, writeUpdate, type StepTools, type Written } from './bound.ts';
import { causeOf } from './cause.ts';
import { gateOf, type Gate, type Look } from './gate.ts';
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
  #ended: ApplyReport['ended'] = 'complete';
  #gate: Gate | undefined;

  constructor(plan: ApplicationPlan, tools: ApplyTools) {
    this.#plan = plan;
    this.#tools = tools;
    const { client, live, veil } = tools;
    const cause = causeOf(plan.commit);
    this.#write = { client, live, veil, because: `commit ${cause}`, cause };
  }

  async through(): Promise<ApplyReport> {
    const groups = groupsOf(this.#plan);
    // What failed is not tried again while the hooks for failures run.
    if (this.#plan.steps.some((step) => this.#tools.told(step)?.outcome === 'failed')) this.#ended = 'failed';
    for (const [i, group] of groups.entries()) {
      const isFree = this.#ended === 'complete' || isCleanUp(group, this.#ended);
      for (const step of group.steps) this.#results.push(await this.#step(step, isFree));
      if (group.kind === 'stage' && this.#isAwaited(group, groups.slice(i + 1))) await this.#wait(group);
    }
    return { results: this.#results, ended: this.#ended, ...(this.#gate ? { gate: this.#gate } : {}) };
  }

  async #step(step: Step, isFree: boolean): Promise<StepResult> {
    if (step.op === 'keep') return { outcome: 'applied', object: step.live };
    if (this.#ended !== 'outdated' && this.#tools.superseded()) this.#ended = 'superseded';
    const before = this.#tools.told(step);
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
    if (isFree)
      return step.op === 'hook' && step.desired.stage.phase === 'SyncFail' && this.#ended !== 'failed' ? 'nothing failed' : undefined;
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
      return { outcome: 'applied', object: written.object };
    } catch (error) {
      this.#ended = 'failed';
      const message = messageOf(error);
      return { outcome: 'failed', message: 'desired' in step ? this.#tools.veil.scrub(step.desired.object, message) : message };
    }
  }

  #writeStep(step: Extract<Step, { op: 'create' | 'update' | 'replace' }>): Promise<Written> {
    if (step.op === 'create') return writeCreate(step, this.#write);
    return step.op === 'update' ? writeUpdate(step, this.#write) : writeReplace(step, this.#write);
  }

  async #hook(step: HookStep): Promise<StepResult> {
    const { run, look } = this.#tools;
    if (this.#hasRun(step)) return { outcome: 'applied', object: undefined };
    const state = await runHook(step, run, this.#write);
    // What was too slow goes on as soon as it is there: it waits for no hook.
    if (this.#gate) return { outcome: 'applied', object: undefined };
    if (state.kind === 'running') return { outcome: 'running', message: (await look(step.target, state.object)).message ?? 'is running' };
    if (state.as === 'Succeeded') return { outcome: 'applied', object: undefined };
    this.#ended = 'failed';
    return { outcome: 'failed', message: (await look(step.target, undefined)).message ?? state.health.message ?? 'failed' };
  }

  async #prune(step: PruneStep): Promise<StepResult> {
    return (await writePrune(step, this.#write)) === 'gone'
      ? { outcome: 'applied', object: undefined }
      : { outcome: 'skipped', message: 'another object has this name by now' };
  }

  #hasRun(step: HookStep): boolean {
    return this.#tools.told(step)?.outcome === 'applied';
  }

  /** A stage is waited for when something comes after it, and when it runs something itself. */
  #isAwaited(group: Group, later: readonly Group[]): boolean {
    if (this.#ended !== 'complete') return isCleanUp(group, this.#ended) && !this.#gate;
    const isAhead = (step: Step) => step.op !== 'keep' && !(step.op === 'hook' && this.#hasRun(step));
    return (
      group.steps.some(({ op }) => op === 'hook') ||
      later.some((group) => group.kind === 'stage' && !isForFailure(group) && group.steps.some(isAhead))
    );
  }

  async #wait({ stage, first, steps }: Extract<Group, { kind: 'stage' }>): Promise<void> {
    const name = formatStage(stage);
    const awaited = (steps as readonly AppliedStep[]).flatMap((step, i) => {
      const result = this.#results[first + i]!;
      if (step.op !== 'hook') return [{ target: step.target, object: 'object' in result ? result.object : undefined }];
      return [];
    });
    const running = steps.flatMap((step, i) => {
      const result = this.#results[first + i]!;
      return result.outcome === 'running' ? [{ target: step.target, message: result.message }] : [];
    });
    const closed = await gateOf(name, awaited, this.#tools.look);
    if (!closed && running.length === 0) return;
    const hooks = running.map(({ target, message }) => `${formatTarget(target)} (${message})`);
    this.#gate = {
      stage: name,
      on: [...(closed?.on ?? []), ...running.map(({ target }) => target)],
      message: [...(closed ? [closed.message] : []), ...hooks].join(', '),
    };
    this.#ended = this.#tools.isOverdue(name) ? 'failed' : 'waiting';
  }
}

const isForFailure = (group: Group) => group.kind === 'stage' && group.stage.phase === 'SyncFail';

const isCleanUp = (group: Group, ended: ApplyReport['ended']) => isForFailure(group) && ended === 'failed';
