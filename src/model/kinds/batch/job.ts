import { dns1123Subdomain } from '../../meta/index.ts';
import { JOBS, type Job, type JobSpec } from '../../types/index.ts';
import { AGE, ageOf, containerCells, NAME, selectorCell, textColumn, wideColumn } from '../columns/columns.ts';
import { jobCells } from '../columns/job.ts';
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { defaultFailurePolicy } from './failure-policy.ts';
import { validateJob, validateJobUpdate } from './job-rules.ts';
import { validateJobStatus } from './job-status.ts';
import { withGeneratedSelector } from './job-selector.ts';
import { workloadWarnings } from '../rules/warnings.ts';

/** Never reached: with a limit for each index, the job as a whole has none. */
const NO_LIMIT = 2_147_483_647;

const PODS_STAY =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

export const JOB = declareKind<Job>({
  ref: JOBS,
  schema: { definition: 'batch.v1.Job' },
  name: dns1123Subdomain,
  categories: ['all'],
  subresources: ['status'],
  leavesDependents: { warning: PODS_STAY },
  defaults: (job) => ({ ...withTemplateLabels(job), spec: defaultSpec(job.spec ?? {}) }),
  initialStatus: () => ({}),
  prepareCreate: (job) => withTemplateLabels(withGeneratedSelector(job)),
  validate: (job, old) => [...validateJob(job), ...(old ? validateJobUpdate(job, old) : [])],
  validateStatus: validateJobStatus,
  warnings: workloadWarnings,
  raisesGeneration: specChanged,
  columns: [NAME, ...['Status', 'Completions', 'Duration'].map(textColumn), AGE, ...['Containers', 'Images', 'Selector'].map(wideColumn)],
  row: (job, clock) => {
    const { metadata, spec } = job;
    const shown = containerCells(spec.template.spec.containers ?? []);
    return [metadata.name, ...jobCells(job, clock), ageOf(job, clock), ...shown, selectorCell(spec.selector)];
  },
  selectable: { 'status.successful': ({ status }) => String(status?.succeeded ?? 0) },
});

function defaultSpec(spec: JobSpec): JobSpec {
  const isSingle = spec.completions === undefined && spec.parallelism === undefined;
  return {
    ...spec,
    ...(isSingle ? { completions: 1 } : {}),
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : NO_LIMIT),
    ...defaultFailurePolicy(spec),
    manualSelector: spec.manualSelector ?? false,
    template: defaultTemplate(spec.template),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
  };
}

/** A job without labels has those of its pods. */
function withTemplateLabels(job: Job): Job {
  const labels = job.spec?.template?.metadata?.labels;
  if (!labels || Object.keys(job.metadata.labels ?? {}).length > 0) return job;
  return { ...job, metadata: { ...job.metadata, labels } };
}
