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
    /** Nothing is changed until it is false again. */
    readonly suspend?: boolean;
    /** Applications that must be synced and healthy before this one is applied. */
    readonly dependsOn?: readonly string[];
    readonly retry?: RetryPolicy;
    readonly ignore?: readonly IgnoreRule[];
    /** How long it may take to become healthy, such as `5m`: then it is Degraded. */
    readonly healthTimeout?: string;
    readonly budget?: PruneBudget;
    /** Namespaces that its manifests name and nobody makes are made. */
    readonly createNamespace?: boolean;
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
    /** How many objects it had when a commit was applied in full last: what a budget is measured by. */
    readonly objects?: number;
    /** The last syncs that changed something, newest first. */
    readonly history?: readonly SyncRecord[];
    readonly conditions?: readonly Condition[];
  };
}

export interface RetryPolicy {
  /** How often a sync that fails is repeated. Without it: until it works. */
  readonly limit?: number;
  /** The first wait; each further one is twice as long, up to the longest. */
  readonly wait?: string;
  readonly longestWait?: string;
}

/** Fields that are left to others. What a rule does not name fits anything. */
export interface IgnoreRule {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Paths, such as `spec.replicas`. */
  readonly fields?: readonly string[];
  /** Field managers, whose fields these are. */
  readonly managers?: readonly string[];
}

/** How much of an application one sync may prune without being asked. */
export interface PruneBudget {
  readonly objects?: number;
  /** Of all that it owns. */
  readonly percent?: number;
}

export interface SyncRecord {
  readonly revision: string;
  readonly plan: string;
  readonly outcome: 'Applied' | 'Failed' | 'Superseded';
  readonly finishedAt: string;
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

/** `move`: it only changes its application. `hook`: something that the sync runs. */
type StepOp = 'create' | 'update' | 'move' | 'replace' | 'prune' | 'hook' | 'keep';

/** What a step does to pods; without a number where the nodes decide it. */
export interface PodEffect {
  readonly kind: 'none' | 'start' | 'stop' | 'restart' | 'scale' | 'replace';
  readonly pods?: number;
  /** How many there were. */
  readonly from?: number;
}

export interface PlanStep {
  readonly op: StepOp;
  /** Of a hook. */
  readonly phase?: 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail' | 'PreDelete' | 'PostDelete';
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
  /** The revision of the live object that was read. */
  readonly resourceVersion?: string;
  /** The application that it comes from. */
  readonly from?: string;
  /** Without it nothing happens to pods. */
  readonly effect?: PodEffect;
  readonly outcome?: StepOutcome;
  readonly message?: string;
}

/** `running`: a hook that was started, or an object that is going. */
export type StepOutcome = 'applied' | 'failed' | 'skipped' | 'running';

/** One sync of one application: what was shown, and what came of it. */
export interface Plan extends KubeObject {
  readonly spec: {
    readonly application: string;
    readonly revision: string;
    readonly author?: string;
    readonly message?: string;
    /** It puts back what others changed: the commit was applied before. */
    readonly drift?: boolean;
    readonly steps: readonly PlanStep[];
    /** What a person should know before it is applied. */
    readonly warnings?: readonly string[];
    readonly digest: string;
  };
  readonly status?: {
    /** `Pending`: for a person. `Waiting`: for objects that are to become healthy, or hooks that run. */
    readonly phase?: 'Pending' | 'Applying' | 'Waiting' | 'Applied' | 'Failed' | 'Superseded';
    readonly message?: string;
    /** How often it was begun. */
    readonly attempt?: number;
    readonly startedAt?: string;
    readonly finishedAt?: string;
    /** What it waits for, and since when. */
    readonly waiting?: { readonly stage: string; readonly since: string };
    readonly steps?: readonly { readonly outcome: StepOutcome; readonly message?: string }[];
    /** How long each stage of the way from the commit took. */
    readonly durations?: readonly { readonly stage: 'read' | 'plan' | 'apply' | 'wait'; readonly milliseconds: number }[];
  };
}

const slipway = <T>(kind: string, plural: string): KindRef<T> => ({ group: 'slipway.dev', version: 'v1', kind, plural, namespaced: true });

export const APPLICATIONS = slipway<Application>('Application', 'applications');
export const PLANS = slipway<Plan>('Plan', 'plans');

/** The namespace in which the daemon keeps Applications that nobody declared, and Plans. */
export const SYSTEM_NAMESPACE = 'slipway-system';
