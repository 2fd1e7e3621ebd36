import type { Clock } from '../../../base/index.ts';
import { formatAge, parseTime } from '../../meta/index.ts';
import type { Job } from '../../types/index.ts';

const TOLD_BEFORE_DELETION = ['Complete', 'Failed'];
const TOLD_AFTER_DELETION = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];

/** Status, completions and duration as `kubectl get jobs` shows them. */
export function jobCells(job: Job, clock: Clock): [status: string, completions: string, duration: string] {
  return [statusOf(job), completionsOf(job), durationOf(job, clock)];
}

function statusOf({ metadata, status }: Job): string {
  const holds = (type: string) => status?.conditions?.some((condition) => condition.type === type && condition.status === 'True');
  const ended = TOLD_BEFORE_DELETION.find(holds);
  if (ended) return ended;
  return metadata.deletionTimestamp ? 'Terminating' : (TOLD_AFTER_DELETION.find(holds) ?? 'Running');
}

function completionsOf({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const { parallelism = 0 } = spec;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf({ status }: Job, clock: Clock): string {
  const started = parseTime(status?.startTime);
  if (started === undefined) return '';
  return formatAge((parseTime(status?.completionTime) ?? clock.now()) - started);
}
