import type { FieldPath, Manifest } from '../../model/index.ts';
import type { DesiredObject } from '../desired/desired.ts';
import type { Identity, Target } from '../desired/identity.ts';
import type { Problem } from '../problem.ts';
import type { Commit } from '../source/snapshot.ts';

/** One field that an update changes. Values of Secrets are marks. */
export interface FieldChange {
  readonly path: FieldPath;
  readonly before: unknown;
  readonly after: unknown;
  /** Where the commit says so, as far as it does. */
  readonly line?: number;
}

/**
 * What is done to one object. `change` is the digest of what it changes: what an approval and the apply are bound to.
 * `before` and `after` are for showing: the values of Secrets in them are marks.
 */
export type Step =
  | { readonly op: 'create'; readonly target: Target; readonly desired: DesiredObject; readonly after: Manifest; readonly change: string }
  | {
      readonly op: 'update';
      readonly target: Target;
      readonly desired: DesiredObject;
      readonly before: Manifest;
      /** What the server says the object will be. */
      readonly after: Manifest;
      readonly fields: readonly FieldChange[];
      readonly uid: string;
      /** At which the change was computed. */
      readonly resourceVersion: string;
      readonly change: string;
      /** The application that it comes from, where that is another. */
      readonly from?: string;
    }
  | {
      /** A change that the server allows to no living object: it has to be deleted and made anew. */
      readonly op: 'replace';
      readonly target: Target;
      readonly desired: DesiredObject;
      readonly before: Manifest;
      readonly after: Manifest;
      readonly fields: readonly FieldChange[];
      readonly uid: string;
      readonly resourceVersion: string;
      readonly change: string;
      readonly because: string;
      /** The manifest itself says that it may be made anew. */
      readonly agreed?: boolean;
    }
  | {
      /** Not an object of the application: something that this sync runs. */
      readonly op: 'hook';
      readonly target: Target;
      readonly desired: DesiredObject;
      readonly after: Manifest;
      readonly change: string;
    }
  | { readonly op: 'prune'; readonly target: Target; readonly before: Manifest; readonly uid: string; readonly change: string }
  | { readonly op: 'keep'; readonly target: Target; readonly desired: DesiredObject; readonly live: Manifest };

export type HookStep = Extract<Step, { op: 'hook' }>;
export type KeepStep = Extract<Step, { op: 'keep' }>;
export type PruneStep = Extract<Step, { op: 'prune' }>;
/** All but prunes: what a manifest of the commit stands behind. */
export type AppliedStep = Exclude<Step, PruneStep>;

/** An object that stays as it is for now, with the reason. */
export interface HeldStep {
  readonly target: Target;
  readonly reason: string;
  /** It is the same as of the one before. */
  readonly likewise?: boolean;
  /** What would be done once a person agrees. Without it, another commit has to say more. */
  readonly step?: Exclude<Step, { op: 'keep' }>;
}

/** An object that another application has by now, and has not made its own yet. */
export interface Moving {
  readonly target: Target;
  readonly to: string;
}

/** How a held step is marked where the steps of a plan are shown. */
export const AWAITS_APPROVAL = 'waits for approval';

/** The steps from live to desired for one application. With problems there are no steps. */
export interface ApplicationPlan {
  readonly application: string;
  readonly commit: Commit;
  /** In the order of applying, stage by stage. Prunes come after all that is applied, and only hooks come after them. */
  readonly steps: readonly Step[];
  readonly held: readonly HeldStep[];
  /** Of the inventory: gone from the cluster, or another application's by now. */
  readonly forgotten: readonly Identity[];
  /** Of the inventory too, and kept in it as long as nobody else has them. */
  readonly moving: readonly Moving[];
  readonly problems: readonly Problem[];
  /** What a person should know before it is applied. */
  readonly warnings: readonly string[];
  /** It puts back what others changed: the commit was applied before. */
  readonly drift?: boolean;
  /** The application is gone from the commit, and goes with its objects. */
  readonly goes?: boolean;
  /** Of everything that it changes. */
  readonly digest: string;
}

export function changingSteps(plan: ApplicationPlan): readonly Exclude<Step, { op: 'keep' }>[] {
  return plan.steps.filter((step) => step.op !== 'keep');
}
