import type { Millis } from '../../base/index.ts';
import type { Application, InventoryItem, KindRef, Manifest } from '../../model/index.ts';
import { applyPlan, type ApplyReport } from '../apply/apply.ts';
import { withinBudget } from '../apply/budget.ts';
import { inventoryAfter } from '../apply/inventory.ts';
import { liveOf } from '../plan/live.ts';
import { makePlan } from '../plan/plan.ts';
import { changingSteps, type ApplicationPlan } from '../plan/steps.ts';
import { countSteps, formatCounts, toPlanStep } from '../plan/summary.ts';
import { isApproved, isMadeHere } from './applications.ts';
import type { Wanted } from './intake.ts';
import { goesBack, hasNewContent } from './past.ts';
import { describeProblems, statusAfter, type SyncOutcome } from './status.ts';
import type { SyncTools } from './tools.ts';

/** What is left to do after a sync: nothing, at once again, or again after a failure. */
export type SyncEnd = 'settled' | 'again' | 'retry';

/** One application from the commit to the cluster: plan, budget, apply, status. */
export async function syncApplication(wanted: Wanted, tools: SyncTools, superseded: () => boolean): Promise<SyncEnd> {
  const { applications, watch, kinds } = tools;
  const application = await applications.ensure(wanted.name, wanted.path);
  if (wanted.desired.problems.length > 0) return refuse(wanted, wanted.desired.problems, tools);

  const before = watch.inventory(wanted.name);
  const kindOf = await kinds.resolve([...before, ...wanted.desired.objects.map(({ object }) => object)]);
  await watch.open(kindsOf(before, wanted, kindOf));
  watch.begin(wanted.name);
  let inventory = before;
  try {
    const plan = await decide(wanted, application, before, tools);
    if (plan.problems.length > 0) return await refuse(wanted, plan.problems, tools);
    const waits = changingSteps(plan).length > 0 ? await whyItWaits(wanted, application, tools) : undefined;
    if (waits) return await wait(wanted, plan, waits, tools);
    const { report, name } = await run(plan, tools, superseded);
    inventory = inventoryAfter(before, plan, report);
    return await settle({ wanted, application, plan, report, inventory, name }, tools);
  } finally {
    watch.end(wanted.name, inventory, kindOf);
  }
}

function kindsOf(
  inventory: readonly InventoryItem[],
  wanted: Wanted,
  kindOf: (item: InventoryItem) => KindRef<Manifest> | undefined,
): Set<KindRef<Manifest>> {
  return new Set([...inventory.flatMap((item) => kindOf(item) ?? []), ...wanted.desired.objects.map(({ kind }) => kind)]);
}

async function decide(
  wanted: Wanted,
  application: Application,
  inventory: readonly InventoryItem[],
  tools: SyncTools,
): Promise<ApplicationPlan> {
  const { client, kinds, veil, watch, intake } = tools;
  const live = liveOf(client, watch.glimpse);
  const prune = application.spec.prune ?? true;
  const input = { commit: wanted.commit, desired: wanted.desired, inventory, prune, elsewhere: intake.elsewhere(wanted.name) };
  const plan = await makePlan(input, { client, live, kinds, veil });
  return withinBudget({
    plan,
    owned: inventory.length,
    approved: isApproved(application, wanted.commit.oid),
    goesBack: () => goesBack(wanted, application, tools.source),
  });
}

/** Why a plan is shown and not applied. */
async function whyItWaits(
  wanted: Wanted,
  application: Application,
  { source }: SyncTools,
): Promise<'WaitsForApproval' | 'Drifted' | undefined> {
  if (isApproved(application, wanted.commit.oid)) return undefined;
  if (application.spec.sync === 'Manual') return 'WaitsForApproval';
  if (application.spec.selfHeal === false && !(await hasNewContent(wanted, application, source))) return 'Drifted';
  return undefined;
}

async function run(plan: ApplicationPlan, tools: SyncTools, superseded: () => boolean): Promise<{ report: ApplyReport; name?: string }> {
  const { client, veil, log, watch, history, clock } = tools;
  const applying = { client, live: liveOf(client, watch.glimpse), veil, log, superseded };
  if (changingSteps(plan).length === 0) return { report: await applyPlan(plan, applying) };
  announce(plan, tools);
  const started = clock.now();
  const kept = await history.begin(plan);
  const report = await applyPlan(plan, applying);
  const { metadata } = await history.end(kept, plan, report);
  // What is told to people must survive a crash.
  if (metadata.resourceVersion) await client.durable(metadata.resourceVersion);
  tell(plan, report, metadata.name, clock.now() - started, tools);
  return { report, name: metadata.name };
}

function announce(plan: ApplicationPlan, { record, observer }: SyncTools): void {
  const { application, commit, digest } = plan;
  const steps = changingSteps(plan).map(toPlanStep);
  record({
    event: 'plan',
    message: `${application}: ${formatCounts(countSteps(plan))}`,
    fields: { application, commit: commit.oid, digest, steps },
  });
  observer.planned?.(plan);
}

function tell(plan: ApplicationPlan, report: ApplyReport, name: string, ms: Millis, { record, observer }: SyncTools): void {
  const { application, commit } = plan;
  const failures = report.results.flatMap((result) => (result.outcome === 'failed' ? [result.message] : []));
  const fields = { application, commit: commit.oid, plan: name, ended: report.ended, ms, ...(failures.length > 0 ? { failures } : {}) };
  record({ event: report.ended === 'complete' ? 'applied' : 'failed', message: `${application}: plan ${name} ${report.ended}`, fields });
  observer.applied?.(plan, report, ms);
}

interface Done {
  readonly wanted: Wanted;
  readonly application: Application;
  readonly plan: ApplicationPlan;
  readonly report: ApplyReport;
  readonly inventory: readonly InventoryItem[];
  readonly name: string | undefined;
}

async function settle({ wanted, application, plan, report, inventory, name }: Done, tools: SyncTools): Promise<SyncEnd> {
  const { commit } = wanted;
  const common = { observedRevision: commit.oid, inventory, plan: name, changed: name !== undefined };
  if (report.ended === 'superseded' || report.ended === 'outdated') {
    await writeStatus(wanted, { ...common, reason: 'Applying', message: `plan ${name} was overtaken` }, tools);
    return report.ended === 'outdated' ? 'again' : 'settled';
  }
  if (report.ended === 'failed') {
    const failures = plan.steps.flatMap((step, i) => failureOf(step, report.results[i]));
    await writeStatus(wanted, { ...common, reason: 'ApplyFailed', message: failures.join('\n') }, tools);
    return 'retry';
  }
  if (plan.held.length > 0) {
    // The revision stays: from there it is judged whether a later state goes back.
    await writeStatus(wanted, { ...common, reason: 'PrunesHeld', message: plan.held.map(({ reason }) => reason).join('\n') }, tools);
    if (name === undefined) sayOnce(wanted, plan, application, tools);
    return 'settled';
  }
  if (wanted.tree === undefined && isMadeHere(application)) {
    await tools.applications.remove(application);
    tools.intake.forget(wanted.name);
    return 'settled';
  }
  await writeStatus(wanted, { ...common, revision: commit.oid, reason: 'Applied', message: `${commit.short} ${commit.subject}` }, tools);
  return 'settled';
}

function failureOf(step: ApplicationPlan['steps'][number], result: ApplyReport['results'][number] | undefined): readonly string[] {
  if (result?.outcome !== 'failed') return [];
  const place = 'desired' in step ? `${step.desired.origin.file}:${step.desired.origin.line}: ` : '';
  return [`${place}${step.op} ${step.target.kind.kind} ${step.target.name}: ${result.message}`];
}

/** A plan that does nothing but hold back is told once, when the status begins to say so. */
function sayOnce({ commit }: Wanted, plan: ApplicationPlan, { status }: Application, tools: SyncTools): void {
  const told = status?.observedRevision === commit.oid && status.conditions?.some(({ reason }) => reason === 'PrunesHeld');
  if (!told) announce(plan, tools);
}

async function refuse(wanted: Wanted, problems: ApplicationPlan['problems'], tools: SyncTools): Promise<SyncEnd> {
  const { name, commit } = wanted;
  const message = describeProblems(problems);
  const isNews = await writeStatus(wanted, { observedRevision: commit.oid, reason: 'Problems', message }, tools);
  if (isNews) {
    tools.record({
      event: 'problems',
      message: `${name}: nothing is changed\n${message}`,
      fields: { application: name, commit: commit.oid, problems },
    });
    tools.observer.problems?.(name, problems, commit);
  }
  // What the cluster refuses today it may take tomorrow; what does not parse waits for the next commit.
  return wanted.desired.problems.length > 0 ? 'settled' : 'retry';
}

async function wait(wanted: Wanted, plan: ApplicationPlan, reason: 'WaitsForApproval' | 'Drifted', tools: SyncTools): Promise<SyncEnd> {
  const { name, commit } = wanted;
  const message = `${formatCounts(countSteps(plan))}; to go on: kubectl annotate application ${name} -n slipway-system --overwrite slipway.dev/approved=${commit.short}`;
  const isNews = await writeStatus(wanted, { observedRevision: commit.oid, reason, message }, tools);
  if (isNews) announce(plan, tools);
  return 'settled';
}

/** Whether it said something new. */
async function writeStatus({ name, commit }: Wanted, outcome: SyncOutcome, { applications, clock }: SyncTools): Promise<boolean> {
  let isNews = false;
  const because = `commit ${commit.short} ${commit.subject}`;
  await applications.writeStatus(
    name,
    (status) => {
      const next = statusAfter(status, outcome, clock.now());
      isNews = next.conditions !== status.conditions || next.observedRevision !== status.observedRevision;
      return next;
    },
    because,
  );
  return isNews;
}
