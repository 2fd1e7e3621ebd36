import type { Millis } from '../../base/index.ts';
import type { Application, InventoryItem } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { formatGate, formatLate } from '../apply/gate.ts';
import { digestOfSteps } from '../plan/plan.ts';
import type { ApplicationPlan, HookStep } from '../plan/steps.ts';
import { warningsOf } from '../plan/warnings.ts';
import { countSteps, formatCounts } from '../plan/summary.ts';
import { patience } from './deadline.ts';
import { policyOf, type Wanted } from './intake.ts';
import { describeProblems, statusAfter, type SyncOutcome } from './status.ts';
import { tellPlan, tellProblems } from './tell.ts';
import type { SyncTools } from './tools.ts';

/** What is left to do after a sync: nothing, at once again, again after a failure, once its kinds are served, or later. */
export type SyncEnd = 'settled' | 'again' | 'retry' | 'awaits' | { readonly lookAgainIn: Millis };

/** A sync that came to its end. */
export interface Done {
  readonly wanted: Wanted;
  readonly application: Application;
  readonly plan: ApplicationPlan;
  readonly report: ApplyReport;
  readonly inventory: readonly InventoryItem[];
  readonly name: string | undefined;
  /** Since when it waits. */
  readonly since: Millis | undefined;
}

const OUTCOMES = { complete: 'Applied', failed: 'Failed', superseded: 'Superseded', outdated: undefined, waiting: undefined } as const;

export async function settle(done: Done, tools: SyncTools): Promise<SyncEnd> {
  const { wanted, application, plan, report, inventory, name } = done;
  const { commit } = wanted;
  const changed = name === undefined ? undefined : OUTCOMES[report.ended];
  const common = { observedRevision: commit.oid, inventory, plan: name, changed };
  await tools.watch.await(wanted.name, report.gate?.on ?? []);
  switch (report.ended) {
    case 'superseded':
      await writeStatus(wanted, { ...common, reason: 'Applying', message: `plan ${name} was overtaken` }, tools);
      return 'settled';
    case 'outdated':
      await writeStatus(wanted, { ...common, reason: 'Applying', message: 'the cluster changed meanwhile: planning again' }, tools);
      return 'again';
    case 'waiting':
      await writeStatus(wanted, { ...common, reason: 'WaitsForHealth', message: formatGate(report.gate!) }, tools);
      return { lookAgainIn: Math.max(0, (done.since ?? 0) + patience(policyOf(wanted, application)) - tools.clock.now()) };
    case 'failed':
      return settleFailure(done, common, tools);
    case 'complete':
  }
  if (plan.held.length > 0) return settleHeld(done, common, tools);
  await tools.history.withdraw(wanted.name);
  if (wanted.tree === undefined) {
    await tools.applications.remove(application);
    tools.intake.forget(wanted.name);
    return 'settled';
  }
  if (wanted.desired.awaited.length > 0) {
    const message = `waits until the cluster serves ${wanted.desired.awaited.join(', ')}; all else is applied`;
    await writeStatus(wanted, { ...common, reason: 'WaitsForDefinition', message }, tools);
    return 'awaits';
  }
  const isNews = await writeStatus(
    wanted,
    { ...common, revision: commit.oid, reason: 'Applied', message: `${commit.short} ${commit.subject}` },
    tools,
  );
  if (isNews && name === undefined) tools.observer.unchanged?.(wanted.name, commit);
  return 'settled';
}

type Common = Omit<SyncOutcome, 'reason' | 'message'>;

async function settleFailure(
  { wanted, application, plan, report: { results, gate } }: Done,
  common: Common,
  tools: SyncTools,
): Promise<SyncEnd> {
  const failures = plan.steps.flatMap((step, i) => failureOf(step, results[i]));
  const late = gate ? [formatLate(gate), await tools.explain(gate.on)] : [];
  // Beside what was too slow only a hook for failures can fail, and it holds nothing up.
  const hook = plan.steps.find((step, i): step is HookStep => !gate && step.op === 'hook' && results[i]?.outcome === 'failed');
  const details = hook ? [await tools.explain([hook.target])] : [];
  const how =
    hook && !policyOf(wanted, application).retry
      ? [`it is not run again by itself: ${wanted.tree === undefined ? '' : 'commit, or '}slipway resume ${wanted.name}`]
      : [];
  const message = [...failures, ...details, ...late, ...how].filter((line) => line !== '').join('\n');
  await writeStatus(wanted, { ...common, reason: hook ? 'HookFailed' : 'ApplyFailed', message }, tools);
  // What was too slow goes on as soon as it is there, and a hook does again what it did unless its application says so.
  return gate || (hook && !policyOf(wanted, application).retry) ? 'settled' : 'retry';
}

/** The revision stays: from there it is judged whether a later state goes back. */
async function settleHeld({ wanted, plan, application, name }: Done, common: Common, tools: SyncTools): Promise<SyncEnd> {
  const steps = plan.held.flatMap(({ step }) => step ?? []);
  const message = plan.held.map(({ reason }) => reason).join('\n');
  const held: ApplicationPlan = { ...plan, steps, held: [], warnings: warningsOf(steps), digest: digestOfSteps(steps) };
  if (steps.length > 0) await tools.history.propose(held, message);
  else await tools.history.withdraw(wanted.name);
  await writeStatus(wanted, { ...common, reason: 'PrunesHeld', message }, tools);
  if (name === undefined) await sayOnce(wanted, plan, application, tools);
  return 'settled';
}

function failureOf(step: ApplicationPlan['steps'][number], result: ApplyReport['results'][number] | undefined): readonly string[] {
  if (result?.outcome !== 'failed') return [];
  const place = 'desired' in step ? `${step.desired.origin.file}:${step.desired.origin.line}: ` : '';
  return [`${place}${step.op} ${step.target.kind.kind} ${step.target.name}: ${result.message}`];
}

/** A plan that does nothing but hold back is told once, when the status begins to say so. */
async function sayOnce({ commit }: Wanted, plan: ApplicationPlan, { status }: Application, tools: SyncTools): Promise<void> {
  const told = status?.observedRevision === commit.oid && status.conditions?.some(({ reason }) => reason === 'PrunesHeld');
  if (!told) await tellPlan(plan, tools);
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
  const how = reason === 'Suspended' ? `it is suspended: slipway resume ${name}` : `to go on: slipway approve ${name}`;
  const message = `${formatCounts(countSteps(plan))}; ${how}`;
  const planName = await tools.history.propose(plan, message);
  const isNews = await writeStatus(wanted, { observedRevision: commit.oid, reason, message, plan: planName }, tools);
  if (isNews) await tellPlan(plan, tools);
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
