import { equalJson } from '../../../base/index.ts';
import { parseTime, type FieldPath } from '../../meta/index.ts';
import type { Job, JobStatus } from '../../types/index.ts';
import { duplicate, invalid, invalidWhole, required, type FieldProblem } from '../../schema/problems.ts';
import { validateCounts } from '../rules/status.ts';
import { commonIndex, whyUnreadable } from './indexes.ts';

const STATUS: FieldPath = ['status'];
const CONDITIONS: FieldPath = [...STATUS, 'conditions'];
const FOR_GOOD = ['Failed', 'Complete', 'FailureTarget'] as const;

/**
 * Jobs may have a manager of their own, and whoever reads them relies on what a finished one is. What a change of the spec
 * may have made wrong is judged only where it is written anew.
 */
export function validateJobStatus(job: Job, old: Job): FieldProblem[] {
  const { status = {} } = job;
  return [
    ...validateCounts(status, ['active', 'succeeded', 'failed', 'ready', 'terminating']),
    ...validateUncounted(status.uncountedTerminatedPods),
    ...validateConditions(job, old),
    ...validateTimes(job, old),
    ...validateFinished(job, old),
    ...validateIndexes(job, old),
    ...validateProgress(job, old),
  ];
}

const holds = (status: JobStatus | undefined, name: string) =>
  status?.conditions?.some(({ type, status: state }) => type === name && state === 'True') ?? false;

const isFinished = (status: JobStatus | undefined) => holds(status, 'Complete') || holds(status, 'Failed');

const changed = (status: JobStatus, old: JobStatus | undefined, ...fields: (keyof JobStatus)[]) =>
  fields.some((field) => !equalJson(status[field], old?.[field]));

function validateUncounted({ succeeded = [], failed = [] }: NonNullable<JobStatus['uncountedTerminatedPods']> = {}): FieldProblem[] {
  const seen = new Set<string>();
  return Object.entries({ succeeded, failed }).flatMap(([list, uids]) =>
    uids.flatMap((uid, i) => {
      const at = [...STATUS, 'uncountedTerminatedPods', list, i];
      const repeated = seen.has(uid);
      seen.add(uid);
      return uid === '' ? [invalid(at, uid, 'must not be empty')] : repeated ? [duplicate(at, uid)] : [];
    }),
  );
}

function validateConditions({ spec, status }: Job, { status: old }: Job): FieldProblem[] {
  const is = (name: string) => holds(status, name);
  const turned = (...names: string[]) => names.some((name) => is(name) !== holds(old, name));
  const cannot = (isSo: boolean, what: string) => (isSo ? [invalidWhole(CONDITIONS, `cannot ${what}`)] : []);
  const [complete, failed, met, doomed] = ['Complete', 'Failed', 'SuccessCriteriaMet', 'FailureTarget'].map(is);
  return [
    ...cannot(turned('Complete', 'Failed') && complete! && failed!, 'set Complete=True and Failed=true conditions'),
    ...cannot(turned('Complete', 'FailureTarget') && complete! && doomed!, 'set Complete=True and FailureTarget=true conditions'),
    ...cannot(turned('Failed') && failed! && !doomed, 'set Failed=True condition without the FailureTarget=true condition'),
    ...cannot(turned('Complete', 'SuccessCriteriaMet') && complete! && !met, 'set Complete=True condition without the SuccessCriteriaMet=true condition'),
    ...cannot(met! && failed!, 'set SuccessCriteriaMet=True and Failed=true conditions'),
    ...cannot(met! && doomed!, 'set SuccessCriteriaMet=True and FailureTarget=true conditions'),
    ...cannot(spec.successPolicy !== undefined && complete! && !met, 'set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'),
    ...FOR_GOOD.flatMap((name) => cannot(holds(old, name) && !is(name), `disable the terminal ${name}=True condition`)),
    ...cannot(holds(old, 'SuccessCriteriaMet') && !met, 'disable the SuccessCriteriaMet=True condition'),
    ...cannot(holds(old, 'Complete') && !holds(old, 'SuccessCriteriaMet') && met!, 'set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
  ];
} // prettier-ignore

function validateTimes({ spec, status = {} }: Job, { status: old }: Job): FieldProblem[] {
  const { startTime, completionTime } = status;
  const at = [...STATUS, 'completionTime'];
  const complete = holds(status, 'Complete');
  const isNew = complete !== holds(old, 'Complete') || changed(status, old, 'completionTime');
  const isEarly = startTime && completionTime && parseTime(completionTime)! < parseTime(startTime)!;
  const isResumed = holds(old, 'Suspended') && status.conditions?.some(({ type, status: state }) => type === 'Suspended' && state === 'False');
  const lostStart = old?.startTime && changed(status, old, 'startTime') && !spec.suspend && !isResumed;
  return [
    ...(isNew && completionTime && !complete
      ? [invalid(at, completionTime, 'cannot set completionTime when there is no Complete=True condition')]
      : []),
    ...(isNew && complete && !completionTime ? [required(at, 'completionTime is required for Complete jobs')] : []),
    ...(isEarly && changed(status, old, 'startTime', 'completionTime')
      ? [invalid(at, completionTime, 'must be equal to or after `startTime`')]
      : []),
    ...(completionTime && old?.completionTime && changed(status, old, 'completionTime')
      ? [invalid(at, completionTime, 'field is immutable')]
      : []),
    ...(lostStart ? [required([...STATUS, 'startTime'], 'startTime cannot be removed for unsuspended job')] : []),
  ];
} // prettier-ignore

/** A finished job has begun, and no pod that is still to be heard of. */
function validateFinished({ spec, status = {} }: Job, { status: old }: Job): FieldProblem[] {
  const { active = 0, ready, terminating = 0, uncountedTerminatedPods: uncounted } = status;
  const finished = isFinished(status);
  const judges = (field: keyof JobStatus) => finished && (!isFinished(old) || changed(status, old, field));
  const neverBegins = spec.suspend === true && spec.completions === 0;
  const isCounting = (uncounted?.succeeded?.length ?? 0) + (uncounted?.failed?.length ?? 0) > 0;
  return [
    ...(judges('active') && active > 0 ? [invalid([...STATUS, 'active'], active, 'active>0 is invalid for finished job')] : []),
    ...(judges('startTime') && !status.startTime && !neverBegins
      ? [required([...STATUS, 'startTime'], 'startTime is required for finished job')]
      : []),
    ...(judges('uncountedTerminatedPods') && isCounting
      ? [invalid([...STATUS, 'uncountedTerminatedPods'], uncounted, 'must be empty for finished job')]
      : []),
    ...(judges('terminating') && terminating > 0
      ? [invalid([...STATUS, 'terminating'], terminating, 'terminating>0 is invalid for finished job')]
      : []),
    ...(ready !== undefined && ready > active && changed(status, old, 'ready', 'active')
      ? [invalid([...STATUS, 'ready'], ready, 'cannot set more ready pods than active')]
      : []),
  ];
}

function validateIndexes({ spec, status = {} }: Job, { status: old }: Job): FieldProblem[] {
  const { completedIndexes = '', failedIndexes } = status;
  const { completions, backoffLimitPerIndex: limit, completionMode } = spec;
  const why = (indexes: string) => (completions === undefined ? undefined : whyUnreadable(indexes, completions));
  const [unread, unreadFailures] = [why(completedIndexes), limit === undefined ? undefined : why(failedIndexes ?? '')];
  const common = unread || unreadFailures || completions === undefined ? undefined : commonIndex(completedIndexes, failedIndexes ?? '');
  const completed = (why: string) => invalid([...STATUS, 'completedIndexes'], completedIndexes, why);
  const failed = (why: string) => invalid([...STATUS, 'failedIndexes'], failedIndexes, why);
  const [isNew, isNewFailure] = [changed(status, old, 'completedIndexes'), changed(status, old, 'failedIndexes')];
  return [
    ...(isNew && unread ? [completed(`error parsing completedIndexes: ${unread}`)] : []),
    ...(isNewFailure && unreadFailures ? [failed(`error parsing failedIndexes: ${unreadFailures}`)] : []),
    ...(isNew && completedIndexes && completionMode !== 'Indexed'
      ? [completed('cannot set non-empty completedIndexes when non-indexed completion mode')]
      : []),
    ...(isNewFailure && limit === undefined && failedIndexes !== undefined
      ? [failed('cannot set non-null failedIndexes when backoffLimitPerIndex is null')]
      : []),
    ...((isNew || isNewFailure) && common !== undefined ? [failed(`failedIndexes and completedIndexes overlap at index: ${common}`)] : []),
  ];
}

/** Pods that have ended stay counted; only an indexed job that runs all of its indexes at once may shrink. */
function validateProgress({ spec, status = {} }: Job, { status: old = {} }: Job): FieldProblem[] {
  const { succeeded = 0, failed = 0 } = status;
  const mayShrink = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  return [
    ...(failed < (old.failed ?? 0) ? [invalid([...STATUS, 'failed'], failed, 'cannot decrease the failed counter')] : []),
    ...(succeeded < (old.succeeded ?? 0) && !mayShrink
      ? [invalid([...STATUS, 'succeeded'], succeeded, 'cannot decrease the succeeded counter')]
      : []),
  ];
}
