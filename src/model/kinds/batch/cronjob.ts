import { dns1123Subdomain, parseTime } from '../../meta/index.ts';
import { CRON_JOBS, type CronJob } from '../../types/index.ts';
import { invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, booleanColumn, containerCells, countColumn, NAME, NONE, selectorCell, since, textColumn, UNSET, wideColumn } from '../columns/columns.ts'; // prettier-ignore
import { declareKind, specChanged } from '../declare.ts';
import { defaultTemplate } from '../defaulting/podspec.ts';
import { validateAnnotations, validateLabels } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { nameWarnings, templateWarnings } from '../rules/warnings.ts';
import { defaultFailurePolicy } from './failure-policy.ts';
import { forbidSelector, validateJobSpec } from './job-rules.ts';
import { isTimeZone, scheduleProblem, ZONE_PREFIX } from './schedule.ts';

type Spec = CronJob['spec'];

const POLICIES = ['Allow', 'Forbid', 'Replace'];
/** The name of a job ends in its time: a dash and ten digits. */
const LONGEST_NAME = 52;

export const CRON_JOB = declareKind<CronJob>({
  ref: CRON_JOBS,
  schema: { definition: 'batch.v1.CronJob' },
  name: (name) => [...dns1123Subdomain(name), ...(name.length > LONGEST_NAME ? [`must be no more than ${LONGEST_NAME} characters`] : [])],
  shortNames: ['cj'],
  categories: ['all'],
  subresources: ['status'],
  defaults: (cron) => ({ ...cron, spec: defaultSpec(cron.spec ?? {}) }),
  initialStatus: () => ({}),
  validate: ({ spec }, old) => validateSpec(spec, old?.spec),
  warnings: (cron, old) => [
    ...(old ? [] : nameWarnings(cron, 'Pod names and hostnames')),
    ...templateWarnings(cron.spec.jobTemplate, old?.spec.jobTemplate, ['spec', 'jobTemplate', 'spec', 'template']),
  ],
  raisesGeneration: specChanged,
  columns: [
    NAME,
    ...['Schedule', 'Timezone'].map(textColumn),
    booleanColumn('Suspend'),
    countColumn('Active'),
    textColumn('Last Schedule'),
    AGE,
    ...['Containers', 'Images', 'Selector'].map(wideColumn),
  ],
  row: (cron, clock) => {
    const { spec, status } = cron;
    const last = parseTime(status?.lastScheduleTime) === undefined ? NONE : since(status?.lastScheduleTime, clock);
    const job = spec.jobTemplate.spec;
    return [
      cron.metadata.name,
      spec.schedule,
      spec.timeZone ?? NONE,
      spec.suspend === undefined ? UNSET : spec.suspend ? 'True' : 'False',
      status?.active?.length ?? 0,
      last,
      ageOf(cron, clock),
      ...containerCells(job.template.spec.containers ?? []),
      selectorCell(job.selector),
    ];
  },
});

function defaultSpec(spec: Spec): Spec {
  const { metadata = {}, spec: job } = spec.jobTemplate ?? ({} as Partial<Spec['jobTemplate']>);
  return {
    ...spec,
    concurrencyPolicy: spec.concurrencyPolicy ?? 'Allow',
    suspend: spec.suspend ?? false,
    jobTemplate: { metadata, spec: { ...job, ...defaultFailurePolicy(job), template: defaultTemplate(job?.template) } },
    successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
    failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
  };
}

function validateSpec(spec: Spec, old?: Spec): FieldProblem[] {
  const { concurrencyPolicy: policy, jobTemplate } = spec;
  const path = ['spec'];
  const at = [...path, 'jobTemplate'];
  return [
    ...validateSchedule(spec, old),
    ...(spec.timeZone === undefined ? [] : validateTimeZone(spec.timeZone)),
    ...validateNotNegative(spec.startingDeadlineSeconds, [...path, 'startingDeadlineSeconds']),
    ...(!policy ? [required([...path, 'concurrencyPolicy'])] : []),
    ...(policy && !POLICIES.includes(policy) ? [notSupported([...path, 'concurrencyPolicy'], policy, POLICIES)] : []),
    ...validateLabels(jobTemplate.metadata?.labels, [...at, 'labels']),
    ...validateAnnotations(jobTemplate.metadata?.annotations, [...at, 'annotations']),
    ...validateJobSpec(jobTemplate.spec, [...at, 'spec']),
    ...forbidSelector(jobTemplate.spec, [...at, 'spec']),
    ...validateNotNegative(spec.successfulJobsHistoryLimit, [...path, 'successfulJobsHistoryLimit']),
    ...validateNotNegative(spec.failedJobsHistoryLimit, [...path, 'failedJobsHistoryLimit']),
  ];
}

function validateSchedule({ schedule, timeZone }: Spec, old?: Spec): FieldProblem[] {
  const path = ['spec', 'schedule'];
  if (!schedule) return [required(path)];
  const problem = scheduleProblem(schedule);
  const namesZone = ZONE_PREFIX.test(schedule) && !(old && ZONE_PREFIX.test(old.schedule));
  return [
    ...(problem ? [invalid(path, schedule, problem)] : []),
    ...(ZONE_PREFIX.test(schedule) && timeZone !== undefined
      ? [invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')]
      : namesZone
        ? [invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
        : []),
  ];
}

function validateTimeZone(zone: string): FieldProblem[] {
  const path = ['spec', 'timeZone'];
  if (zone === '') return [invalid(path, zone, 'timeZone must be nil or non-empty string')];
  if (zone.toLowerCase() === 'local') {
    return [invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')];
  }
  return isTimeZone(zone) ? [] : [invalid(path, zone, `unknown time zone ${zone}`)];
}
