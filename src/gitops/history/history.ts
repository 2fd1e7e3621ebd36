import { isStatus, randomSuffix, type Clock, type Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { formatTime, PLANS, SYSTEM_NAMESPACE, type InventoryItem, type Plan } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { APPLICATION_LABEL } from '../desired/prepare.ts';
import { changingSteps, type ApplicationPlan } from '../plan/steps.ts';
import { toPlanStep } from '../plan/summary.ts';

/** How many plans of an application are kept as objects; the journal has them all. */
const KEPT_PLANS = 20;

type Phase = NonNullable<NonNullable<Plan['status']>['phase']>;

const PHASES: Readonly<Record<ApplyReport['ended'], Phase>> = {
  complete: 'Applied',
  failed: 'Failed',
  superseded: 'Superseded',
  outdated: 'Superseded',
};

/** Keeps every sync as a Plan object: what was to be done, and what came of it. Paths and digests, never values. */
export class History {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #random: Random;
  /** Names by application, oldest first. */
  readonly #plans = new Map<string, string[]>();
  /** By application: what waits for a person. */
  readonly #waiting = new Map<string, Plan>();

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
      const { application } = plan.spec;
      this.#namesOf(application).push(plan.metadata.name);
      if (plan.status?.phase === 'Pending') this.#waiting.set(application, plan);
      if (plan.status?.phase !== 'Applying') continue;
      const intended = plan.spec.steps.filter(({ op }) => op === 'create');
      cutOff.set(application, [
        ...(cutOff.get(application) ?? []),
        ...intended.map(({ apiVersion, kind, namespace, name }) => ({ apiVersion, kind, namespace, name })),
      ]);
      await this.#write(plan, { ...plan.status, phase: 'Superseded', message: 'the process ended before it was done' });
    }
    return cutOff;
  }

  /** A plan that waits for a person; the same one is kept once. */
  async propose(plan: ApplicationPlan, why: string): Promise<string> {
    const { application } = plan;
    const waiting = this.#waiting.get(application);
    if (waiting?.spec.digest === plan.digest && waiting.spec.revision === plan.commit.oid) return waiting.metadata.name;
    await this.withdraw(application);
    const made = await this.#write(await this.#make(plan), { phase: 'Pending', message: why });
    this.#waiting.set(application, made);
    return made.metadata.name;
  }

  /** What waited is no longer what would be done. */
  async withdraw(application: string): Promise<void> {
    const waiting = this.#waiting.get(application);
    if (!waiting) return;
    this.#waiting.delete(application);
    const status = { ...waiting.status, phase: 'Superseded', message: 'another plan took its place' } as const;
    await this.#write(waiting, status).catch((error: unknown) => {
      if (!isStatus(error, 'NotFound', 'Conflict')) throw error;
    });
  }

  /** Before the first write: a plan that is cut off is found again by it. */
  async begin(plan: ApplicationPlan): Promise<Plan> {
    const waiting = this.#waiting.get(plan.application);
    const isSame = waiting?.spec.digest === plan.digest && waiting.spec.revision === plan.commit.oid;
    if (!isSame) await this.withdraw(plan.application);
    this.#waiting.delete(plan.application);
    const made = isSame ? await this.#client.get(PLANS, waiting.metadata.name, SYSTEM_NAMESPACE) : await this.#make(plan);
    return this.#write(made, { phase: 'Applying', startedAt: this.#now() });
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
        steps: changingSteps(plan).map(toPlanStep),
        ...(plan.warnings.length > 0 ? { warnings: plan.warnings } : {}),
        digest,
      },
    });
    this.#namesOf(application).push(name);
    await this.#forgetOld(application);
    return made;
  }

  async end(started: Plan, plan: ApplicationPlan, { results, ended }: ApplyReport): Promise<Plan> {
    const steps = plan.steps.flatMap((step, i) => {
      const result = results[i];
      if (step.op === 'keep' || !result) return [];
      return [{ outcome: result.outcome, ...('message' in result ? { message: result.message } : {}) }];
    });
    const failure = steps.find(({ outcome }) => outcome === 'failed')?.message;
    return this.#write(started, {
      ...started.status,
      phase: PHASES[ended],
      ...(failure ? { message: failure } : {}),
      finishedAt: this.#now(),
      steps,
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
function byAge(a: Plan, b: Plan): number {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (left !== right) return left < right ? -1 : 1;
  return Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion);
}
