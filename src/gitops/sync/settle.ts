import { messageOf, type Millis } from '../../base/index.ts';
import type { Application, InventoryItem } from '../../model/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import { formatGate, formatLate } from '../apply/gate.ts';
import { formatTarget } from '../desired/identity.ts';
import { digestOfSteps } from '../plan/plan.ts';
import type { ApplicationPlan, HookStep, Moving } from '../plan/steps.ts';
import { warningsOf } from '../plan/warnings.ts';
import { countSteps, formatCounts, heldReasons } from '../plan/summary.ts';
import { patience } from './deadline.ts';
import { describeProblems, statusAfter, type SyncOutcome } from './status.ts';
import { tellGone, tellPlan, tellProblems } from './tell.ts';
import type { SyncTools } from './tools.ts';
import { policyOf, type Lack, type Wanted } from './wanted.ts';

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
      await writeStatus(
        wanted,
        { ...common, reason: 'WaitsForHealth', message: [formatGate(report.gate!), ...failuresOf(plan, report.results)].join('\n') },
        tools,
      );
      return { lookAgainIn: Math.max(0, (done.since ?? 0) + patience(policyOf(wanted, application)) - tools.clock.now()) };
    case 'failed':
      return settleFailure(done, common, tools);
    case 'complete':
  }
  if (plan.held.length > 0) return settleHeld(done, common, tools);
  await tools.history.withdraw(wanted.name);
  if (wanted.lack) return awaitOthers(wanted, wanted.lack, tools, common);
  const isMoving = plan.moving.length > 0;
  if (wanted.tree === undefined) {
    if (isMoving) return awaitOthers(wanted, { reason: 'WaitsForOthers', message: formatMoving(plan.moving) }, tools, common);
    await tools.applications.remove(application);
    tools.intake.forget(wanted.name);
    tellGone(wanted.name, commit, tools);
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
  return isMoving ? 'awaits' : 'settled';
}

function formatMoving(moving: readonly Moving[]): string {
  const more = moving.length > 1 ? ` and ${moving.length - 1} more` : '';
  return `waits until ${moving[0]!.to} takes over ${formatTarget(moving[0]!.target)}${more}`;
}

type Common = Omit<SyncOutcome, 'reason' | 'message'>;

async function settleFailure(
  { wanted, application, plan, report: { results, gate } }: Done,
  common: Common,
  tools: SyncTools,
): Promise<SyncEnd> {
  const { retry } = policyOf(wanted, application);
  const late = gate ? [formatLate(gate), await tools.explain(gate.on)] : [];
  // Beside what was too slow only a hook for failures can fail, and it holds nothing up.
  const hook = plan.steps.find((step, i): step is HookStep => !gate && step.op === 'hook' && results[i]?.outcome === 'failed');
  const details = hook ? [await tools.explain([hook.target])] : [];
  // What was too slow goes on as soon as it is there, and a hook does again what it did unless its application says so.
  const isOver = gate !== undefined || (hook !== undefined && !retry);
  const ahead = isOver ? undefined : tools.backoff.ahead(wanted.name, retry);
  const isExhausted = ahead !== undefined && ahead.afterMs === undefined;
  const how = [
    ...(hook && !retry ? [`it is not run again by itself: ${goOn(wanted)}`] : []),
    ...(isExhausted ? [notAgain(wanted, retry?.limit)] : []),
    ...(ahead?.afterMs === undefined ? [] : [formatRetry(ahead.retry, ahead.afterMs, retry?.limit)]),
  ];
  const message = [...failuresOf(plan, results), ...details, ...late, ...how].filter((line) => line !== '').join('\n');
  await writeStatus(wanted, { ...common, reason: isExhausted ? 'RetriesExhausted' : hook ? 'HookFailed' : 'ApplyFailed', message }, tools);
  return isOver ? 'settled' : 'retry';
}

const goOn = ({ name, tree }: Wanted) => `${tree === undefined ? '' : 'commit, or '}slipway resume ${name}`;

function notAgain(wanted: Wanted, limit: number | undefined): string {
  return `it is not tried again after ${limit} ${limit === 1 ? 'retry' : 'retries'}: ${goOn(wanted)}`;
}

function formatRetry(retry: number, afterMs: Millis, limit: number | undefined): string {
  const after = afterMs < 1000 ? `${afterMs} ms` : `${Math.round(afterMs / 1000)} s`;
  return `it is tried again after ${after}${limit === undefined ? '' : ` (retry ${retry} of ${limit})`}`;
}

/** The revision stays: from there it is judged whether a later state goes back. */
async function settleHeld({ wanted, plan, application, name }: Done, common: Common, tools: SyncTools): Promise<SyncEnd> {
  const steps = plan.held.flatMap(({ step }) => step ?? []);
  const isMoving = plan.moving.length > 0;
  const message = [...heldReasons(plan.held), ...(isMoving ? [formatMoving(plan.moving)] : [])].join('\n');
  const held: ApplicationPlan = { ...plan, steps, held: [], warnings: warningsOf(steps), digest: digestOfSteps(steps) };
  if (steps.length > 0 || wanted.unknownHooks !== undefined) await tools.history.propose(held, message);
  else await tools.history.withdraw(wanted.name);
  await writeStatus(wanted, { ...common, reason: 'PrunesHeld', message }, tools);
  if (name === undefined) await sayOnce(wanted, plan, application, tools);
  // What no approval lets go on depends on others: on a file of theirs that cannot be read, say.
  return isMoving || plan.held.some(({ step, likewise }) => step === undefined && !likewise) ? 'awaits' : 'settled';
}

const failuresOf = ({ steps }: ApplicationPlan, results: ApplyReport['results']) => steps.flatMap((step, i) => failureOf(step, results[i]));

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

/** Something else has to be there first. */
export async function awaitOthers(
  wanted: Wanted,
  { reason, message }: Pick<Lack, 'reason' | 'message'>,
  tools: SyncTools,
  done?: Common,
): Promise<SyncEnd> {
  await writeStatus(wanted, { observedRevision: wanted.commit.oid, ...done, reason, message }, tools);
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

/** The cluster or the repository failed in the middle: nobody's manifest is to blame, so it is tried again. */
export async function tellFailure(wanted: Wanted, error: unknown, application: Application | undefined, tools: SyncTools): Promise<void> {
  const { retry } = wanted.spec ?? application?.spec ?? {};
  const { retry: count, afterMs } = tools.backoff.ahead(wanted.name, retry);
  const how = afterMs === undefined ? notAgain(wanted, retry?.limit) : formatRetry(count, afterMs, retry?.limit);
  const reason = afterMs === undefined ? 'RetriesExhausted' : 'Error';
  const { objects, hooks } = wanted.desired;
  // Whoever refused a Secret may have said what is in it.
  const told = [...objects, ...hooks].reduce((text, { object }) => tools.veil.scrub(object, text), messageOf(error));
  await writeStatus(wanted, { observedRevision: wanted.commit.oid, reason, message: `${told}\n${how}` }, tools);
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
