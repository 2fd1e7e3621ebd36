import type { Application, InventoryItem } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import { countSteps, formatCounts } from '../plan/summary.ts';
import type { Wanted } from './intake.ts';
import { describeProblems, statusAfter, type SyncOutcome } from './status.ts';
import { tellPlan, tellProblems } from './tell.ts';
import type { SyncTools } from './tools.ts';

/** What is left to do after a sync: nothing, at once again, again after a failure, or once its kinds are served. */
export type SyncEnd = 'settled' | 'again' | 'retry' | 'awaits';

/** A sync that came to its end. */
export interface Done {
  readonly wanted: Wanted;
  readonly application: Application;
  readonly plan: ApplicationPlan;
  readonly report: ApplyReport;
  readonly inventory: readonly InventoryItem[];
  readonly name: string | undefined;
}

const OUTCOMES = { complete: 'Applied', failed: 'Failed', superseded: 'Superseded', outdated: 'Superseded' } as const;

export async function settle({ wanted, application, plan, report, inventory, name }: Done, tools: SyncTools): Promise<SyncEnd> {
  const { commit } = wanted;
  const changed = name === undefined ? undefined : OUTCOMES[report.ended];
  const common = { observedRevision: commit.oid, inventory, plan: name, changed };
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
  if (wanted.tree === undefined) {
    await tools.applications.remove(application);
    tools.intake.forget(wanted.name);
    return 'settled';
  }
  const isNews = await writeStatus(
    wanted,
    { ...common, revision: commit.oid, reason: 'Applied', message: `${commit.short} ${commit.subject}` },
    tools,
  );
  if (isNews && name === undefined) tools.observer.unchanged?.(wanted.name, commit);
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
  if (!told) tellPlan(plan, tools);
}

/** Nothing is changed, and everybody is told why, once. */
export async function refuse(wanted: Wanted, problems: ApplicationPlan['problems'], tools: SyncTools): Promise<SyncEnd> {
  const { name, commit } = wanted;
  const message = describeProblems(problems);
  const isNews = await writeStatus(wanted, { observedRevision: commit.oid, reason: 'Problems', message }, tools);
  if (isNews) tellProblems(name, problems, commit, tools);
  // What the cluster refuses today it may take tomorrow; what does not parse waits for the next commit.
  return wanted.desired.problems.length > 0 ? 'settled' : 'retry';
}

/** Another application of the commit defines the kinds of these objects, and has not been applied yet. */
export async function awaitKinds(wanted: Wanted, kinds: readonly string[], tools: SyncTools): Promise<SyncEnd> {
  const message = `waits until the cluster serves ${kinds.join(', ')}, which another application of the commit defines`;
  await writeStatus(wanted, { observedRevision: wanted.commit.oid, reason: 'WaitsForDefinition', message }, tools);
  return 'awaits';
}

/** Something else has to be there first. */
export async function awaitOthers(wanted: Wanted, message: string, tools: SyncTools): Promise<SyncEnd> {
  await writeStatus(wanted, { observedRevision: wanted.commit.oid, reason: 'WaitsForOthers', message }, tools);
  return 'awaits';
}

export type WaitReason = 'WaitsForApproval' | 'Drifted' | 'Suspended';

/** The plan is shown, and waits for a person. */
export async function wait(wanted: Wanted, plan: ApplicationPlan, reason: WaitReason, tools: SyncTools): Promise<SyncEnd> {
  const { name, commit } = wanted;
  const how =
    reason === 'Suspended'
      ? 'nothing is changed while spec.suspend is true'
      : `to go on: kubectl annotate application ${name} -n slipway-system --overwrite slipway.dev/approved=${plan.digest}`;
  const message = `${formatCounts(countSteps(plan))}; ${how}`;
  const planName = await tools.history.propose(plan, message);
  const isNews = await writeStatus(wanted, { observedRevision: commit.oid, reason, message, plan: planName }, tools);
  if (isNews) tellPlan(plan, tools);
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
