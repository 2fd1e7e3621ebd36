import { parseTime, type Application } from '../../model/index.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import { isApproved, isSuspended, RESUMED_ANNOTATION } from './applications.ts';
import { policyOf, type Wanted } from './intake.ts';
import { hasNewContent } from './past.ts';
import type { WaitReason } from './settle.ts';
import type { SyncTools } from './tools.ts';

/** Why a plan is shown and not applied. What was begun goes on, unless a person stops it. */
export async function whyItWaits(
  wanted: Wanted,
  plan: ApplicationPlan,
  application: Application,
  { source, history }: Pick<SyncTools, 'source' | 'history'>,
): Promise<WaitReason | undefined> {
  const policy = policyOf(wanted, application);
  if (policy.suspend || isSuspended(application)) return 'Suspended';
  if (isApproved(application, plan) || history.resumed(plan)) return undefined;
  if (policy.sync === 'Manual') return 'WaitsForApproval';
  if (policy.selfHeal === false && !(await hasNewContent(wanted, application, source))) return 'Drifted';
  return undefined;
}

/** A hook that failed is not run again unasked: for this commit the application stands still, unless its policy says otherwise. */
export function hasStopped(wanted: Wanted, application: Application): boolean {
  const { conditions = [], observedRevision, lastSyncTime } = application.status ?? {};
  const failed = conditions.some(({ reason }) => reason === 'HookFailed');
  if (!failed || observedRevision !== wanted.commit.oid || policyOf(wanted, application).retry) return false;
  const resumed = parseTime(application.metadata.annotations?.[RESUMED_ANNOTATION] ?? '') ?? 0;
  return resumed < (parseTime(lastSyncTime ?? '') ?? 0);
}
