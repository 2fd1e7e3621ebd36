import type { Millis } from '../../base/index.ts';
import { formatTime, type Plan, type PlanStep } from '../../model/index.ts';
import type { ApplyReport, StepResult, Told } from '../apply/apply.ts';
import { formatGate } from '../apply/gate.ts';
import type { ApplicationPlan, KeepStep, Step } from '../plan/steps.ts';
import { planStepsOf, toPlanStep } from '../plan/summary.ts';

export type PlanStatus = NonNullable<Plan['status']>;
export type Phase = NonNullable<PlanStatus['phase']>;
export type Durations = NonNullable<PlanStatus['durations']>;

const PHASES: Readonly<Record<ApplyReport['ended'], Phase>> = {
  complete: 'Applied',
  failed: 'Failed',
  waiting: 'Waiting',
  superseded: 'Superseded',
  // It is planned again, and goes on with what has run of it.
  outdated: 'Applying',
};

/** Which step it is, and what it would change: the same in every plan of one sync. */
const keyOf = ({ op, apiVersion, kind, namespace, name, change, phase }: PlanStep) =>
  [op, apiVersion, kind, namespace, name, change, phase].join(' ');

/** Whether a kept plan says all that is still to be done. */
export function covers({ spec }: Plan, plan: ApplicationPlan): boolean {
  if (spec.revision !== plan.commit.oid) return false;
  const known = new Set(spec.steps.flatMap((step) => [keyOf(step), ...(step.op === 'replace' ? [keyOf(madeAnew(step))] : [])]));
  return planStepsOf(plan).every((step) => known.has(keyOf(step)));
}

/** What is left of a replacement once the object is gone. */
function madeAnew({ uid, ...step }: PlanStep): PlanStep {
  return { ...step, op: 'create', change: step.change?.replace(`replace ${uid}`, 'create') };
}

/** Whether a kept plan deleted an object, which may not be gone yet, to make it anew. */
export function isReplacedBy({ spec, status }: Plan): (step: KeepStep) => boolean {
  const ending = new Set(
    spec.steps.flatMap(({ op, uid }, i) => (op === 'replace' && status?.steps?.[i]?.outcome === 'running' ? [uid] : [])),
  );
  return ({ live }) => live.metadata.deletionTimestamp !== undefined && ending.has(live.metadata.uid);
}

/** How far a plan is at its beginning that takes the place of another of its commit: undefined where nothing has run. */
export function stepsAlreadyRun({ spec }: Plan, former: Plan): PlanStatus['steps'] {
  if (former.spec.revision !== spec.revision) return undefined;
  const ran = new Set(former.spec.steps.flatMap((step, i) => (former.status?.steps?.[i]?.outcome === 'applied' ? [keyOf(step)] : [])));
  if (!spec.steps.some((step) => step.op === 'hook' && ran.has(keyOf(step)))) return undefined;
  return spec.steps.map((step) =>
    step.op === 'hook' && ran.has(keyOf(step)) ? { outcome: 'applied' } : { outcome: 'skipped', message: 'is still to come' },
  );
}

/** What a kept plan says of steps. */
export function toldBy({ spec, status }: Plan): (step: Step) => Told | undefined {
  const told = new Map(spec.steps.map((step, i) => [keyOf(step), status?.steps?.[i]] as const));
  return (step) => (step.op === 'keep' ? undefined : told.get(keyOf(toPlanStep(step))));
}

/** The status of a plan after a part of it, or all of it, was run. */
export function statusAfterRun(
  kept: Plan,
  plan: ApplicationPlan,
  { results, ended, gate }: ApplyReport,
  { now, planMs, applyMs }: { readonly now: Millis; readonly planMs: Millis; readonly applyMs: Millis },
): PlanStatus {
  const told = new Map<string, Told>();
  const changed = results.filter((_, i) => plan.steps[i]!.op !== 'keep');
  for (const [i, step] of planStepsOf(plan).entries()) if (changed[i]) told.set(keyOf(step), toTold(changed[i]));
  const { waiting, message: _, ...before } = kept.status ?? {};
  const ending = new Set(
    plan.steps.flatMap((step, i) => (step.op === 'keep' && results[i]?.outcome === 'running' ? [step.live.metadata.uid] : [])),
  );
  const isEnding = ({ op, uid }: PlanStep) => op === 'replace' && ending.has(uid);
  const steps = kept.spec.steps.map((step, i): Told => told.get(keyOf(step)) ?? left(before.steps?.[i], isEnding(step)));
  const failure = steps.find(({ outcome }) => outcome === 'failed')?.message ?? (gate && formatGate(gate));
  const since = waiting?.stage === gate?.stage ? waiting?.since : undefined;
  const spent = { plan: planMs, apply: applyMs, ...(waiting ? { wait: Math.max(0, now - Date.parse(waiting.since)) } : {}) };
  return {
    ...before,
    phase: PHASES[ended],
    ...(ended !== 'complete' && failure ? { message: failure } : {}),
    ...(gate ? { waiting: { stage: gate.stage, since: since ?? formatTime(now) } } : {}),
    ...(ended === 'waiting' || ended === 'outdated' ? {} : { finishedAt: formatTime(now) }),
    steps,
    durations: addDurations(before.durations ?? [], since ? { plan: planMs, apply: applyMs } : spent),
  };
}

function toTold(result: StepResult): Told {
  return { outcome: result.outcome, ...('message' in result ? { message: result.message } : {}) };
}

/** What a later part of the sync no longer had to do was done by an earlier one. */
function left(told: Told | undefined, isEnding: boolean): Told {
  if (told && isEnding) return told;
  return told === undefined || told.outcome === 'skipped' || told.outcome === 'running' ? { outcome: 'applied' } : told;
}

function addDurations(before: Durations, spent: Readonly<Partial<Record<Durations[number]['stage'], Millis>>>): Durations {
  const sums = new Map(before.map(({ stage, milliseconds }) => [stage, milliseconds] as const));
  for (const [stage, ms] of Object.entries(spent) as [Durations[number]['stage'], Millis][]) {
    sums.set(stage, Math.round((sums.get(stage) ?? 0) + ms));
  }
  return [...sums].map(([stage, milliseconds]) => ({ stage, milliseconds }));
}
