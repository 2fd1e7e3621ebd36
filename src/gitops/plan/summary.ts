import { apiVersionOf, formatPath, type PlanStep } from '../../model/index.ts';
import type { ApplicationPlan, Step } from './steps.ts';

/** A step as it is kept and shown to programs: paths and digests, never values. */
export function toPlanStep(step: Step): PlanStep {
  const { kind, namespace, name } = step.target;
  return {
    op: step.op,
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    ...('uid' in step ? { uid: step.uid } : {}),
    ...('desired' in step ? { file: step.desired.origin.file, line: step.desired.origin.line } : {}),
    ...(step.op === 'update' ? { fields: step.fields.map(({ path }) => formatPath(path)) } : {}),
    ...('change' in step ? { change: step.change } : {}),
  };
}

export interface StepCounts {
  readonly create: number;
  readonly update: number;
  readonly prune: number;
  readonly keep: number;
}

export function countSteps({ steps }: Pick<ApplicationPlan, 'steps'>): StepCounts {
  const count = (op: Step['op']) => steps.reduce((sum, step) => sum + (step.op === op ? 1 : 0), 0);
  return { create: count('create'), update: count('update'), prune: count('prune'), keep: count('keep') };
}

/** `1 to create, 2 to update, 5 unchanged`. */
export function formatCounts({ create, update, prune, keep }: StepCounts): string {
  const parts = [
    [create, 'to create'],
    [update, 'to update'],
    [prune, 'to prune'],
    [keep, 'unchanged'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.length > 0 ? said.join(', ') : 'nothing to do';
}
