import { parseTime, type Job, type Pod } from '../../model/index.ts';
import { conditionOf, isConditionTrue } from '../../status/index.ts';
import { containersOf, hasFailed, isSuspended } from './facts.ts';
import { judgeFailure } from './failure-policy.ts';
import { parseIndexes } from './indexes.ts';
import type { Tally } from './view.ts';

/** How a job ends. It is announced first (`SuccessCriteriaMet`, `FailureTarget`), and final once its pods have ended. */
export interface Ending {
  readonly kind: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

export const ANNOUNCED = { Complete: 'SuccessCriteriaMet', Failed: 'FailureTarget' } as const;

export const isFinished = ({ status }: Job): boolean =>
  (['Complete', 'Failed'] as const).some((type) => isConditionTrue(status?.conditions, type));

const failed = (reason: string, message: string): Ending => ({ kind: 'Failed', reason, message });

/** An ending that was announced stands; else the first that there is cause for. */
export function decideEnding(tally: Tally): Ending | undefined {
  return announced(tally.job) ?? failure(tally) ?? indexFailure(tally) ?? success(tally);
}

function announced({ status }: Job): Ending | undefined {
  for (const kind of ['Complete', 'Failed'] as const) {
    const { status: state, reason = '', message = '' } = conditionOf(status?.conditions, ANNOUNCED[kind]) ?? {};
    if (state === 'True') return { kind, reason, message };
  }
  return undefined;
}

function failure({ job, now, pods, failed: failures }: Tally): Ending | undefined {
  const { spec, status } = job;
  const fatal = spec.podFailurePolicy && pods.filter((pod) => hasFailed(job, pod)).map((pod) => judgeFailure(job, pod));
  const verdict = fatal?.find(({ action }) => action === 'FailJob');
  if (verdict) return failed('PodFailurePolicy', verdict.message);
  if (failures > (spec.backoffLimit ?? 6) || hasRestartedTooOften(job, pods)) {
    return failed('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const start = parseTime(status?.startTime);
  const isLate = spec.activeDeadlineSeconds !== undefined && start !== undefined && now - start >= spec.activeDeadlineSeconds * 1000;
  return isLate && !isSuspended(job) ? failed('DeadlineExceeded', 'Job was active longer than specified deadline') : undefined;
}

/** Pods that start their containers again count those starts. */
function hasRestartedTooOften({ spec }: Job, pods: readonly Pod[]): boolean {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending');
  const restarts = running.flatMap(containersOf).reduce((sum, { restartCount }) => sum + restartCount, 0);
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function indexFailure({ job, succeededIndexes, failedIndexes }: Tally): Ending | undefined {
  const { maxFailedIndexes, completions = 0 } = job.spec;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return failed('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  const isThrough = failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions;
  return isThrough ? failed('FailedIndexes', 'Job has failed indexes') : undefined;
}

function success({ job, active, succeeded, succeededIndexes }: Tally): Ending | undefined {
  const { completions, successPolicy } = job.spec;
  const rule = (successPolicy?.rules ?? []).findIndex((each) => isMet(each, succeededIndexes, completions ?? 0));
  if (rule >= 0) return { kind: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  const isEnough = completions === undefined ? succeeded > 0 : succeeded >= completions;
  if (!isEnough || active.length > 0) return undefined;
  return { kind: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

type SuccessRule = NonNullable<Job['spec']['successPolicy']>['rules'][number];

function isMet({ succeededIndexes: asked, succeededCount }: SuccessRule, succeeded: ReadonlySet<number>, completions: number): boolean {
  const wanted = asked === undefined ? undefined : parseIndexes(asked, completions);
  const met = wanted ? [...wanted].filter((index) => succeeded.has(index)).length : succeeded.size;
  return met >= (succeededCount ?? wanted?.size ?? Infinity);
}
