import type { Condition, KindRef, KubeObject } from '../meta/index.ts';

export type SyncState = 'Synced' | 'OutOfSync' | 'Unknown';
export type HealthState = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';

/** A directory of the repository that is planned and applied as one unit. */
export interface Application extends KubeObject {
  readonly spec: {
    /** The directory, from the repository's manifest root; `.` is the files at the top. */
    readonly path: string;
    /** The namespace of manifests that name none. */
    readonly namespace?: string;
    readonly sync?: 'Automatic' | 'Manual';
    readonly prune?: boolean;
    readonly selfHeal?: boolean;
  };
  readonly status?: {
    /** The commit that was applied last. */
    readonly revision?: string;
    /** The commit that was seen last, which may not have been applied. */
    readonly observedRevision?: string;
    readonly sync?: SyncState;
    readonly health?: HealthState;
    readonly healthMessage?: string;
    readonly plan?: string;
    readonly lastSyncTime?: string;
    readonly inventory?: readonly InventoryItem[];
    readonly conditions?: readonly Condition[];
  };
}

/** An object that this application owns. */
export interface InventoryItem {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  /** Digest of the manifest that was applied last: unchanged input against an unchanged object needs no dry run. */
  readonly digest?: string;
}

export type StepOp = 'create' | 'update' | 'replace' | 'prune' | 'keep';

export interface PlanStep {
  readonly op: StepOp;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid?: string;
  /** Where the manifest stands. */
  readonly file?: string;
  readonly line?: number;
  /** The fields that change: paths, never values. */
  readonly fields?: readonly string[];
  /** Digest of the change: what an approval binds. */
  readonly change?: string;
  readonly outcome?: 'applied' | 'failed' | 'skipped';
  readonly message?: string;
}

/** One sync of one application: what was shown, and what came of it. */
export interface Plan extends KubeObject {
  readonly spec: {
    readonly application: string;
    readonly revision: string;
    readonly author?: string;
    readonly message?: string;
    readonly steps: readonly PlanStep[];
    readonly digest: string;
  };
  readonly status?: {
    readonly phase?: 'Pending' | 'Applying' | 'Applied' | 'Failed' | 'Superseded';
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    readonly steps?: readonly { readonly outcome: 'applied' | 'failed' | 'skipped'; readonly message?: string }[];
  };
}

const slipway = <T>(kind: string, plural: string): KindRef<T> => ({ group: 'slipway.dev', version: 'v1', kind, plural, namespaced: true });

export const APPLICATIONS = slipway<Application>('Application', 'applications');
export const PLANS = slipway<Plan>('Plan', 'plans');

/** The namespace in which the daemon keeps Applications that nobody declared, and Plans. */
export const SYSTEM_NAMESPACE = 'slipway-system';
