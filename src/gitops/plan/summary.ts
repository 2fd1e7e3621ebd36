import { APPLICATION_LABEL } from '../desired/prepare.ts';
import { effectOf } from './effects.ts';
import { apiVersionOf, formatPath, type PlanStep } from '../../model/index.ts';
import { changingSteps, type ApplicationPlan, type Step } from './steps.ts';

/** A step as it is kept and shown to programs: paths and digests, never values. */
export function toPlanStep(step: Step): PlanStep {
  const { kind, namespace, name } = step.target;
  const effect = effectOf(step);
  return {
    op: isMove(step) ? 'move' : step.op,
    ...(step.op === 'hook' ? { phase: step.desired.stage.phase } : {}),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...('uid' in step ? { uid: step.uid } : {}),
    ...('desired' in step ? { file: step.desired.origin.file, line: step.desired.origin.line } : {}),
    ...('fields' in step ? { fields: step.fields.map(({ path }) => formatPath(path)) } : {}),
    ...('change' in step ? { change: step.change } : {}),
    ...('resourceVersion' in step ? { resourceVersion: step.resourceVersion } : {}),
    ...(step.op === 'update' && step.from ? { from: step.from } : {}),
    ...(effect.kind === 'none' ? {} : { effect }),
  };
}

const summaries = new WeakMap<ApplicationPlan, readonly PlanStep[]>();

/** All that a plan changes, as it is kept. */
export function planStepsOf(plan: ApplicationPlan): readonly PlanStep[] {
  const known = summaries.get(plan);
  if (known) return known;
  const steps = changingSteps(plan).map(toPlanStep);
  summaries.set(plan, steps);
  return steps;
}

/** An object that changes nothing but its application. */
export function isMove(step: Step): boolean {
  return (
    step.op === 'update' &&
    step.from !== undefined &&
    step.fields.every(({ path }) => path[1] === 'labels' && path[2] === APPLICATION_LABEL)
  );
}

export interface StepCounts {
  readonly create: number;
  readonly update: number;
  readonly move: number;
  readonly replace: number;
  readonly prune: number;
  readonly hook: number;
  readonly keep: number;
}

const NONE = { create: 0, update: 0, move: 0, replace: 0, prune: 0, hook: 0, keep: 0 };

export function countSteps({ steps }: Pick<ApplicationPlan, 'steps'>): StepCounts {
  const counts = { ...NONE };
  for (const step of steps) counts[isMove(step) ? 'move' : step.op]++;
  return counts;
}

/** What is done, and how much is not. What has to be made anew stays unchanged until a person agrees. */
export function formatPlanCounts(plan: Pick<ApplicationPlan, 'steps' | 'held'>): string {
  if (plan.held.length === 0) return formatCounts(countSteps(plan));
  const counts = countSteps(plan);
  const kept = plan.held.filter(({ step }) => step?.op === 'replace').length;
  const done = plan.steps.length > kept ? [formatCounts({ ...counts, keep: counts.keep - kept })] : [];
  return [...done, `${plan.held.length} held back`].join(', ');
}

/** Why steps are held back, each reason once: the steps themselves are shown beside it. */
export function heldReasons(held: ApplicationPlan['held']): readonly string[] {
  const alike = held.filter(({ likewise }) => likewise).length;
  const last = held.findLastIndex(({ likewise }) => likewise);
  return held.flatMap(({ reason, likewise }, i) => {
    if (!likewise) return [reason];
    return i === last ? [`and ${alike} ${alike === 1 ? 'other' : 'others'} for the same reason`] : [];
  });
}

/** Of a plan as it is kept. */
export function formatStepCounts(steps: readonly PlanStep[]): string {
  const counts = { ...NONE };
  for (const { op } of steps) counts[op]++;
  return formatCounts(counts);
}

/** `1 to create, 2 to update, 5 unchanged`. */
export function formatCounts({ create, update, move, replace, prune, hook, keep }: StepCounts): string {
  const parts = [
    [create, 'to create'],
    [update, 'to update'],
    [move, 'to move'],
    [replace, 'to replace'],
    [prune, 'to prune'],
    [hook, hook === 1 ? 'hook' : 'hooks'],
    [keep, 'unchanged'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.length > 0 ? said.join(', ') : 'nothing to do';
}
