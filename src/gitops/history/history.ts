import { equalJson, isStatus, randomSuffix, type Clock, type Millis, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { formatTime, PLANS, SYSTEM_NAMESPACE, type Application, type InventoryItem, type Plan } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { isOfEnd } from '../desired/directives.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import { Pace } from '../pace.ts';
import { planStepsOf } from '../plan/summary.ts';
import { covers, statusAfterRun, stepsAlreadyRun, type Durations, type PlanStatus } from './record.ts';

/** How many plans of an application are kept as objects; the journal has them all. */
const KEPT_PLANS = 20;

/** Steps of a plan: writing down many takes a turn of its own. */
const STEPS_PER_TURN = 2_000;
const pace = new Pace(STEPS_PER_TURN);

/** How long the stages before the first write took. */
export interface Before {
  readonly readMs: Millis;
  readonly planMs: Millis;
}

/** Keeps every sync as a Plan object: what was to be done, and what came of it. Paths and digests, never values. */
export class History {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Names by application, oldest first. */
  readonly #plans = new Map<string, string[]>();
  /** By application: what waits for a person. */
  readonly #pending = new Map<string, Plan>();
  /** By application: what was begun last and has not been brought to its end. */
  readonly #open = new Map<string, Plan>();
  /** Applications whose last plan ran the hooks of their end, with its time. */
  readonly #ended = new Map<string, string>();

  constructor(client: Client, clock: Clock, random: Random) {
    this.#client = client;
    this.#clock = clock;
    this.#random = random;
  }

  /** Reads what is kept, and gives what plans that were cut off may have made, by application. */
  async load(): Promise<ReadonlyMap<string, readonly InventoryItem[]>> {
    const { items } = await this.#client.list(PLANS, { namespace: SYSTEM_NAMESPACE });
    const cutOff = new Map<string, InventoryItem[]>();
    for (const plan of items.toSorted(byAge)) {
      const { application, steps } = plan.spec;
      const phase = plan.status?.phase;
      this.#namesOf(application).push(plan.metadata.name);
      if (phase === 'Pending') this.#pending.set(application, plan);
      else if (phase === 'Applied') this.#finish(plan);
      else if (phase !== 'Superseded') this.#open.set(application, plan);
      if (phase !== 'Applying' && phase !== 'Waiting') continue;
      const intended = steps.filter(({ op }) => op === 'create');
      cutOff.set(application, [
        ...(cutOff.get(application) ?? []),
        ...intended.map(({ apiVersion, kind, namespace, name }) => ({ apiVersion, kind, namespace, name })),
      ]);
    }
    return cutOff;
  }

  /** The last sync that was begun, if it did not come to its end. */
  unfinished(application: string): Plan | undefined {
    return this.#open.get(application);
  }

  /** The plan that this one goes on with: it was begun for the same commit, says all that is left to do, and nothing of it failed but patience. */
  resumed(plan: ApplicationPlan): Plan | undefined {
    const open = this.#open.get(plan.application);
    const goesOn = open?.status?.phase !== 'Failed' || open.status.waiting !== undefined;
    return open && goesOn && covers(open, plan) ? open : undefined;
  }

  /** Whether the application has run the hooks of its end: it is cut off between that and its removal. */
  hasEnded({ metadata }: Application): boolean {
    const ended = this.#ended.get(metadata.name);
    // One of the same name may have gone before this one was made.
    return ended !== undefined && ended >= (metadata.creationTimestamp ?? '');
  }

  /** A plan that waits for a person; the same one is kept once. */
  async propose(plan: ApplicationPlan, why: string): Promise<string> {
    const { application } = plan;
    const pending = this.#pendingLike(plan);
    if (pending) return pending.metadata.name;
    await this.withdraw(application);
    const made = await this.#write(await this.#make(plan), { phase: 'Pending', message: why });
    this.#pending.set(application, made);
    return made.metadata.name;
  }

  /** What waited for a person is no longer what would be done. */
  async withdraw(application: string): Promise<void> {
    const pending = this.#pending.get(application);
    if (!pending) return;
    this.#pending.delete(application);
    await this.#supersede(pending, 'another plan took its place');
  }

  /** Before the first write: a plan that is cut off is found again by it. */
  async begin(plan: ApplicationPlan, { readMs, planMs }: Before): Promise<Plan> {
    const { application } = plan;
    const open = this.#open.get(application);
    if (open && this.resumed(plan)) return open;
    if (open && open.status?.phase === 'Failed' && covers(open, plan)) return this.#start(open, (open.status.attempt ?? 1) + 1, []);
    if (open) await this.close(application);
    const pending = this.#pendingLike(plan);
    if (!pending) await this.withdraw(application);
    this.#pending.delete(application);
    const made = pending ? await this.#client.get(PLANS, pending.metadata.name, SYSTEM_NAMESPACE) : await this.#make(plan);
    const durations = [
      { stage: 'read', milliseconds: Math.round(readMs) },
      { stage: 'plan', milliseconds: Math.round(planMs) },
    ] as const;
    // The cluster changed in the middle: what has run for this commit does not run again.
    const steps = open?.status?.phase === 'Applying' ? stepsAlreadyRun(made, open) : undefined;
    return this.#start(made, 1, durations, steps);
  }

  /** After the last write, or after all that can be done for now. */
  async end(kept: Plan, plan: ApplicationPlan, report: ApplyReport, spent: { planMs: Millis; applyMs: Millis }): Promise<Plan> {
    await pace.spend(plan.steps.length);
    const status = statusAfterRun(kept, plan, report, { now: this.#clock.now(), ...spent });
    const { durations: _now, ...told } = status;
    const { durations: _before, ...known } = kept.status ?? {};
    await pace.spend(plan.steps.length);
    const written = equalJson(told, known) ? kept : await this.#write(kept, status);
    if (status.phase === 'Applied') this.#finish(written);
    else if (status.phase === 'Superseded') this.#open.delete(plan.application);
    else this.#open.set(plan.application, written);
    return written;
  }

  /** Another commit, or another state of the cluster, asks for something else than what was begun. */
  async close(application: string): Promise<void> {
    const open = this.#open.get(application);
    if (!open) return;
    this.#open.delete(application);
    if (open.status?.phase !== 'Failed') await this.#supersede(open, 'another plan took its place');
  }

  async #start(plan: Plan, attempt: number, durations: Durations, steps?: PlanStatus['steps']): Promise<Plan> {
    const status = {
      phase: 'Applying',
      ...(attempt > 1 ? { attempt } : {}),
      startedAt: this.#now(),
      ...(steps ? { steps } : {}),
      durations,
    } as const;
    const started = await this.#write(plan, status);
    this.#open.set(plan.spec.application, started);
    return started;
  }

  #finish({ metadata, spec }: Plan): void {
    this.#open.delete(spec.application);
    const ranLast = spec.steps.some(({ phase }) => phase !== undefined && isOfEnd(phase));
    if (ranLast) this.#ended.set(spec.application, metadata.creationTimestamp ?? '');
    else this.#ended.delete(spec.application);
  }

  async #make(plan: ApplicationPlan): Promise<Plan> {
    const { application, commit, digest } = plan;
    const name = `${application}-${commit.short}-${randomSuffix(this.#random)}`;
    const made = await this.#client.create(PLANS, {
      apiVersion: 'slipway.dev/v1',
      kind: 'Plan',
      metadata: { name, namespace: SYSTEM_NAMESPACE, labels: { [APPLICATION_LABEL]: application } },
      spec: {
        application,
        revision: commit.oid,
        author: authorOf(plan),
        message: commit.message,
        ...(plan.drift ? { drift: true } : {}),
        steps: planStepsOf(plan),
        ...(plan.warnings.length > 0 ? { warnings: plan.warnings } : {}),
        digest,
      },
    });
    this.#namesOf(application).push(name);
    await this.#forgetOld(application);
    await pace.spend(plan.steps.length);
    return made;
  }

  #pendingLike(plan: ApplicationPlan): Plan | undefined {
    const pending = this.#pending.get(plan.application);
    return pending?.spec.digest === plan.digest && pending.spec.revision === plan.commit.oid ? pending : undefined;
  }

  async #supersede(plan: Plan, message: string): Promise<void> {
    const { waiting: _, ...status } = plan.status ?? {};
    await this.#write(plan, { ...status, phase: 'Superseded', message, finishedAt: this.#now() }).catch((error: unknown) => {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    });
  }

  async #write(plan: Plan, status: Plan['status']): Promise<Plan> {
    return this.#client.updateStatus(PLANS, { ...plan, status });
  }

  async #forgetOld(application: string): Promise<void> {
    const names = this.#namesOf(application);
    for (const name of names.splice(0, Math.max(0, names.length - KEPT_PLANS))) {
      await this.#client.delete({ kind: PLANS, namespace: SYSTEM_NAMESPACE, name }).catch((error: unknown) => {
        if (!isStatus(error, 'NotFound')) throw error;
      });
    }
  }

  #namesOf(application: string): string[] {
    let names = this.#plans.get(application);
    if (!names) this.#plans.set(application, (names = []));
    return names;
  }

  #now(): string {
    return formatTime(this.#clock.now());
  }
}

function authorOf({ commit }: ApplicationPlan): string {
  return `${commit.author.name} <${commit.author.email}>`;
}

/** Times have whole seconds; within one, the resource version knows. */
export function byAge(a: Plan, b: Plan): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);
}
