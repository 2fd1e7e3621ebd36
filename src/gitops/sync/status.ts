import type { Millis } from '../../base/index.ts';
import { formatTime, type InventoryItem, type SyncRecord, type SyncState } from '../../model/index.ts';
import { withCondition } from '../../status/index.ts';
import { formatProblem, type Problem } from '../problem.ts';
import type { ApplicationStatus } from './applications.ts';

/** Why an application is, or is not, as the commit says. */
export type SyncReason =
  | 'Applied'
  | 'Problems'
  | 'PrunesHeld'
  | 'ApplyFailed'
  | 'WaitsForApproval'
  | 'WaitsForDefinition'
  | 'WaitsForOthers'
  | 'WaitsForHealth'
  | 'HookFailed'
  | 'RetriesExhausted'
  | 'Suspended'
  | 'Drifted'
  | 'Applying'
  | 'Error';

export interface SyncOutcome {
  readonly reason: SyncReason;
  readonly message: string;
  /** That was looked at. */
  readonly observedRevision: string;
  /** That the objects are at; undefined leaves it as it was. */
  readonly revision?: string;
  readonly plan?: string;
  readonly inventory?: readonly InventoryItem[];
  /** What was written, and what came of it. */
  readonly changed?: SyncRecord['outcome'];
}

const SYNC_STATE: Readonly<Record<SyncReason, SyncState>> = {
  Applied: 'Synced',
  Problems: 'Unknown',
  PrunesHeld: 'OutOfSync',
  ApplyFailed: 'OutOfSync',
  WaitsForApproval: 'OutOfSync',
  WaitsForDefinition: 'OutOfSync',
  WaitsForOthers: 'OutOfSync',
  WaitsForHealth: 'OutOfSync',
  HookFailed: 'OutOfSync',
  RetriesExhausted: 'OutOfSync',
  Suspended: 'OutOfSync',
  Drifted: 'OutOfSync',
  Applying: 'OutOfSync',
  Error: 'Unknown',
};

const MOST_PROBLEMS = 100;
const KEPT_SYNCS = 10;

/** The next status; the same one when nothing is new. */
export function statusAfter(status: ApplicationStatus, outcome: SyncOutcome, now: Millis): ApplicationStatus {
  const { reason, message, observedRevision, revision, plan, inventory, changed } = outcome;
  const sync = SYNC_STATE[reason];
  return {
    ...status,
    ...(revision === undefined ? {} : { revision, objects: (inventory ?? status.inventory)?.length ?? 0 }),
    observedRevision,
    sync,
    ...(plan === undefined ? {} : { plan }),
    ...(changed ? { lastSyncTime: formatTime(now) } : {}),
    ...(changed && plan
      ? {
          history: [{ revision: observedRevision, plan, outcome: changed, finishedAt: formatTime(now) }, ...(status.history ?? [])].slice(
            0,
            KEPT_SYNCS,
          ),
        }
      : {}),
    ...(inventory === undefined ? {} : { inventory }),
    conditions: withCondition(
      status.conditions,
      { type: 'Synced', status: sync === 'Synced' ? 'True' : sync === 'Unknown' ? 'Unknown' : 'False', reason, message },
      now,
    ),
  };
}

/** All places in one message, as far as they fit. */
export function describeProblems(problems: readonly Problem[]): string {
  const shown = problems.slice(0, MOST_PROBLEMS).map(formatProblem);
  return [...shown, ...(problems.length > MOST_PROBLEMS ? [`and ${problems.length - MOST_PROBLEMS} more`] : [])].join('\n');
}
