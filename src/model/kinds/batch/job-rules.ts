import { equalJson } from '../../../base/index.ts';
import { domainPrefixedPath, mapKey, matches, selectorFrom, type FieldPath } from '../../meta/index.ts';
import type { Job, JobSpec, PodTemplateSpec } from '../../types/index.ts';
import { invalid, notSupported, required, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { immutable } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { validateLabelSelector, validateTemplateLabels } from '../rules/selector.ts';
import { validateFailurePolicy } from './failure-policy.ts';
import { generatedLabels } from './job-selector.ts';
import { validateSuccessPolicy } from './success-policy.ts';

const SPEC: FieldPath = ['spec'];
const MODES = ['NonIndexed', 'Indexed'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];
const MOST_INDEXED = 100_000;
const LONGEST_MANAGER = 63;

const COUNTS = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const; // prettier-ignore
const NEVER_CHANGED = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const;

export function validateJob(job: Job): FieldProblem[] {
  const { spec, metadata } = job;
  const { selector, template } = spec;
  // Without a uid it is not created yet: its selector is still to come.
  const awaitsSelector = !selector && !metadata.uid && !spec.manualSelector;
  return [
    ...validateGenerated(job),
    ...(selector ? validateLabelSelector(selector, [...SPEC, 'selector']) : awaitsSelector ? [] : [required([...SPEC, 'selector'])]),
    ...(selector ? validateTemplateLabels(template.metadata?.labels, selector) : []),
    ...validateJobSpec(spec, SPEC),
  ];
}

/** What holds for a job, and for the job that a cron job makes. */
export function validateJobSpec(spec: JobSpec, path: FieldPath): FieldProblem[] {
  const { completionMode: mode, completions, parallelism = 0, podReplacementPolicy: replacement, podFailurePolicy, template } = spec;
  const isIndexed = mode === 'Indexed';
  return [
    ...COUNTS.flatMap((field) => validateNotNegative(spec[field], [...path, field])),
    ...(mode && !MODES.includes(mode) ? [notSupported([...path, 'completionMode'], mode, MODES)] : []),
    ...(isIndexed && completions === undefined ? [required([...path, 'completions'], 'when completion mode is Indexed')] : []),
    ...(isIndexed && parallelism > MOST_INDEXED
      ? [invalid([...path, 'parallelism'], parallelism, `must be less than or equal to ${MOST_INDEXED} when completion mode is Indexed`)]
      : []),
    ...validateIndexLimits(spec, path),
    ...validateManagedBy(spec.managedBy, [...path, 'managedBy']),
    ...validateFailurePolicy(spec, [...path, 'podFailurePolicy']),
    ...validateSuccessPolicy(spec, [...path, 'successPolicy']),
    ...(replacement && !REPLACEMENTS.includes(replacement)
      ? [notSupported([...path, 'podReplacementPolicy'], replacement, REPLACEMENTS)]
      : []),
    ...(podFailurePolicy && replacement === 'TerminatingOrFailed'
      ? [notSupported([...path, 'podReplacementPolicy'], replacement, ['Failed'])]
      : []),
    ...validateTemplate(template, [...path, 'template']),
    ...validateRestartPolicy(template, podFailurePolicy !== undefined, [...path, 'template', 'spec', 'restartPolicy']),
  ];
}

function validateIndexLimits({ completionMode, backoffLimitPerIndex: limit, maxFailedIndexes: failed }: JobSpec, path: FieldPath): FieldProblem[] {
  const isIndexed = completionMode === 'Indexed';
  return [
    ...(limit !== undefined && !isIndexed
      ? [invalid([...path, 'backoffLimitPerIndex'], limit, 'requires indexed completion mode')]
      : []),
    ...(failed !== undefined && limit === undefined
      ? [required([...path, 'backoffLimitPerIndex'], 'when maxFailedIndexes is specified')]
      : []),
  ];
} // prettier-ignore

function validateManagedBy(name: string | undefined, path: FieldPath): FieldProblem[] {
  if (name === undefined) return [];
  if (name === '') return [required(path)];
  return [
    ...domainPrefixedPath(name).map((why) => invalid(path, name, why)),
    ...(name.length > LONGEST_MANAGER ? [tooLong(path, LONGEST_MANAGER)] : []),
  ];
}

function validateRestartPolicy(template: PodTemplateSpec | undefined, hasFailurePolicy: boolean, path: FieldPath): FieldProblem[] {
  const policy = template?.spec?.restartPolicy;
  if (policy !== 'OnFailure' && policy !== 'Never') return [required(path, 'valid values: "OnFailure", "Never"')];
  if (!hasFailurePolicy || policy === 'Never') return [];
  return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')];
}

/** The selector and the labels that were made for a job must be those that were made for it. */
function validateGenerated(job: Job): FieldProblem[] {
  const { spec, metadata } = job;
  if (spec.manualSelector || !spec.selector || !metadata.uid) return [];
  const labels = spec.template.metadata?.labels ?? {};
  const wanted = generatedLabels(job);
  const wrong = Object.entries(wanted).filter(([label, value]) => labels[label] !== value);
  const isOwn = matches(selectorFrom(spec.selector)!, wanted);
  return [
    ...wrong.map(([label, value]) => {
      const path = [...SPEC, 'template', 'labels', mapKey(label)];
      return labels[label] === undefined ? required(path, `must be '${value}'`) : invalid(path, labels, `must be '${value}'`);
    }),
    ...(isOwn ? [] : [invalid([...SPEC, 'selector'], spec.selector, '`selector` not auto-generated')]),
  ];
}

export function validateJobUpdate({ spec }: Job, { spec: old, status }: Job): FieldProblem[] {
  const isElastic = spec.completionMode === 'Indexed' && spec.completions !== old.completions;
  const isWaiting = old.suspend === true && !status?.startTime;
  const template = isWaiting ? withPlacementOf(spec.template, old.template) : spec.template;
  return [
    ...(isElastic && spec.completions !== undefined && old.completions !== undefined
      ? validateElastic(spec)
      : immutable(spec.completions, old.completions, [...SPEC, 'completions'])),
    ...NEVER_CHANGED.flatMap((field) => immutable(spec[field], old[field], [...SPEC, field])),
    ...(equalJson(template, old.template) ? [] : [invalid([...SPEC, 'template'], spec.template, 'field is immutable')]),
  ];
}

/** An indexed job may grow and shrink, as long as all of it runs at once. */
function validateElastic({ completions, parallelism }: JobSpec): FieldProblem[] {
  const path = [...SPEC, 'completions'];
  return completions === parallelism ? [] : [invalid(path, completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Where a job's pods may go can change until it is begun. */
function withPlacementOf(template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, affinity, schedulingGates } = old.spec;
  const spec = Object.entries({ ...template.spec, nodeSelector, tolerations, affinity, schedulingGates }).filter(([, value]) => value);
  return { ...template, metadata: old.metadata, spec: Object.fromEntries(spec) as unknown as PodTemplateSpec['spec'] };
}

export function forbidManualSelector({ manualSelector }: JobSpec, path: FieldPath): FieldProblem[] {
  return manualSelector ? [notSupported([...path, 'manualSelector'], manualSelector, ['nil', 'false'])] : [];
}
