import { parseTime, type Application } from '../../model/index.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import { isApproved, isSuspended, RESUMED_ANNOTATION } from './applications.ts';
import { hasNewContent } from './past.ts';
import type { WaitReason } from './settle.ts';
import type { SyncTools } from './tools.ts';
import { policyOf, type Wanted } from './wanted.ts';

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

/** What failed for good is not tried again unasked: for this commit the application stands still. */
export async function hasStopped(wanted: Wanted, application: Application, { source }: Pick<SyncTools, 'source'>): Promise<boolean> {
  const { observedRevision } = application.status ?? {};
  if (observedRevision === undefined || !standsStill(application, policyOf(wanted, application))) return false;
  if (observedRevision === wanted.commit.oid) return true;
  if (!wanted.isFirst) return false;
  for await (const { tree } of source.past(observedRevision, wanted.path, 1)) return tree === wanted.tree;
  return false;
}

/** Whether it was tried often enough, a hook only once unless its policy says otherwise, and nobody let the application go on since. */
export function standsStill({ metadata, status }: Application, { retry }: Pick<Application['spec'], 'retry'>): boolean {
  const { conditions = [], lastSyncTime } = status ?? {};
  if (!conditions.some(({ reason }) => reason === 'RetriesExhausted' || (reason === 'HookFailed' && !retry))) return false;
  const resumed = parseTime(metadata.annotations?.[RESUMED_ANNOTATION] ?? '') ?? 0;
  return resumed < (parseTime(lastSyncTime ?? '') ?? 0);
}
