/**
 * From a commit to the cluster, as a line of values: a snapshot of the repository, the objects rendered from it, what is
 * desired of each application, the plan from live to desired, and what came of applying it.
 */
export { CHANGE_CAUSE, HISTORY_MANAGER } from './apply/cause.ts';
export { formatGate, formatLate } from './apply/gate.ts';
export type { ApplyReport, StepResult } from './apply/apply.ts';
export { APPLICATION_LABEL } from './desired/prepare.ts';
export { startPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
export { compareSnapshots, planRevision, type RevisionPlan } from './planrevision.ts';
export { lintFolder, type LintReport } from './lint/lint.ts';
export { findReason, type Reason } from './why/why.ts';
export { readWorkTree } from './source/worktree.ts';
export { changingSteps, type ApplicationPlan, type FieldChange, type HeldStep, type Step } from './plan/steps.ts';
export { countSteps, formatCounts, formatStepCounts, toPlanStep, type StepCounts } from './plan/summary.ts';
export { formatPlan, formatPlans, type FormatOptions, type PlanFormat } from './plan/view/format.ts';
export { formatProblem, type Problem, type ProblemCode } from './problem.ts';
export { openSource, type FileVersion, type Source, type SourceOptions } from './source/source.ts';
export { isRemote, type RemoteOptions } from './source/remote/remote.ts';
export { startWebhook, type Webhook, type WebhookOptions } from './source/remote/webhook.ts';
export { type Commit, type Snapshot } from './source/snapshot.ts';
export { decideRollback, type RollbackTarget } from './rollback/decide.ts';
export { commitRollback, type Committed } from './rollback/commit.ts';
export {
  APPROVED_ANNOTATION,
  readSourceFailure,
  RESUMED_ANNOTATION,
  SUSPENDED_ANNOTATION,
  type SourceFailure,
} from './sync/applications.ts';
export { standsStill } from './sync/stops.ts';
export { askTip } from './source/remote/fetch.ts';
export type { LastLine } from './sync/explain.ts';
export type { PipelineEntry, PipelineObserver } from './sync/tools.ts';
