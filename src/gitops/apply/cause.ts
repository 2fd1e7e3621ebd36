import type { Note } from '../../client/index.ts';
import { DEPLOYMENTS } from '../../model/index.ts';
import type { Step } from '../plan/steps.ts';
import type { Commit } from '../source/snapshot.ts';

export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** Its own manager: what we apply must not own the annotation, or each commit would change every Deployment. */
export const HISTORY_MANAGER = 'slipway-history';

/** Whether a written step begins a rollout whose cause the commit is. */
function beginsRollout(step: Step): boolean {
  if (step.op === 'prune' || step.op === 'keep') return false;
  const { kind, object } = step.desired;
  if (kind.group !== DEPLOYMENTS.group || kind.kind !== DEPLOYMENTS.kind || object.metadata.annotations?.[CHANGE_CAUSE] !== undefined)
    return false;
  return step.op !== 'update' || step.fields.some(({ path }) => path[0] === 'spec' && path[1] === 'template');
}

/** What makes `kubectl rollout history` name the commit. */
export function changeCauseOf(step: Step, cause: string): Note | undefined {
  return beginsRollout(step) ? { manager: HISTORY_MANAGER, annotations: { [CHANGE_CAUSE]: cause } } : undefined;
}

export function causeOf({ short, subject }: Commit): string {
  return `${short} ${subject}`;
}
