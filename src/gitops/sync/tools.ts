import type { Clock, Log, Random } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import type { ApplyReport } from '../apply/apply.ts';
import type { Target } from '../desired/identity.ts';
import type { KindLookup } from '../desired/kinds.ts';
import type { History } from '../history/history.ts';
import type { ApplicationPlan } from '../plan/steps.ts';
import type { Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';
import type { Source } from '../source/source.ts';
import type { Veil } from '../veil.ts';
import type { Health } from '../../status/index.ts';
import type { ApplicationObjects } from './applications.ts';
import type { Backoff } from './backoff.ts';
import type { Intake } from './intake.ts';
import type { ObjectWatch } from './watch.ts';

/** What the journal keeps of the pipeline's doings. Never a Secret's value. */
export interface PipelineEntry {
  readonly event:
    | 'commit'
    | 'problems'
    | 'plan'
    | 'approved'
    | 'suspended'
    | 'resumed'
    | 'waiting'
    | 'applied'
    | 'gone'
    | 'drift'
    | 'health'
    | 'failed';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Told as things happen, for printing. Must not throw. */
export interface PipelineObserver {
  /** The repository has no commit yet; the first one is waited for. */
  empty?(): void;
  commit?(commit: Commit): void;
  /** Nothing of this application is changed. */
  problems?(application: string, problems: readonly Problem[], commit: Commit): void;
  /** Before it is applied; only plans that change or hold back something. */
  planned?(plan: ApplicationPlan): void;
  applied?(plan: ApplicationPlan, report: ApplyReport, ms: number): void;
  /** The commit asks for what is there already: a comment was changed, or a problem mended. */
  unchanged?(application: string, commit: Commit): void;
  /** The application is no longer in Git, and nothing of it in the cluster. */
  gone?(application: string, commit: Commit): void;
  drifted?(application: string, message: string): void;
  health?(application: string, health: Health): void;
  /** The repository or the cluster could not be read. */
  failed?(message: string): void;
}

/** What every sync works with. */
export interface SyncTools {
  readonly source: Source;
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly kinds: KindLookup;
  readonly veil: Veil;
  readonly intake: Intake;
  readonly history: History;
  readonly watch: ObjectWatch;
  readonly backoff: Backoff;
  readonly applications: ApplicationObjects;
  /** What the cluster and the containers last said of objects that are not well. */
  readonly explain: (targets: readonly Target[]) => Promise<string>;
  readonly record: (entry: PipelineEntry) => void;
  readonly observer: PipelineObserver;
}
