import { dns1123Label, domainPrefixedPath, mapKey, matches, selectorFrom, type FieldPath } from '../../meta/index.ts';
import type { Affinity, Container, Job, JobSpec, PodSpec, PodTemplateSpec } from '../../types/index.ts';
import { invalid, notSupported, required, tooLong, type FieldProblem } from '../../schema/problems.ts';
import { immutable } from '../rules/metadata.ts';
import { validateNotNegative } from '../rules/numbers.ts';
import { validateTemplate } from '../rules/podspec.ts';
import { validateLabelSelector, validateTemplateLabels } from '../rules/selector.ts';
import { validateFailurePolicy } from './failure-policy.ts';
import { validateIndexLimits } from './index-limits.ts';
import { generatedLabels } from './job-selector.ts';
import { validateSuccessPolicy } from './success-policy.ts';

const SPEC: FieldPath = ['spec'];
const MODES = ['NonIndexed', 'Indexed'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];
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
    ...validateHostnames(job),
  ];
}

/** Pods with an index are called after it. */
function validateHostnames({ metadata: { name = '' }, spec: { completionMode, completions = 0 } }: Job): FieldProblem[] {
  const last = `${name}-${completions - 1}`;
  if (completionMode !== 'Indexed' || completions <= 0 || dns1123Label(last).length === 0) return [];
  return [invalid(['metadata', 'name'], name, `will not able to create pod with invalid DNS label: ${last}`)];
}

/** What holds for a job, and for the job that a cron job makes. */
export function validateJobSpec(spec: JobSpec, path: FieldPath): FieldProblem[] {
  const { completionMode: mode, podReplacementPolicy: replacement, podFailurePolicy, template } = spec;
  const replacements = podFailurePolicy ? ['Failed'] : REPLACEMENTS;
  return [
    ...COUNTS.flatMap((field) => validateNotNegative(spec[field], [...path, field])),
    ...(mode && !MODES.includes(mode) ? [notSupported([...path, 'completionMode'], mode, MODES)] : []),
    ...validateIndexLimits(spec, path),
    ...validateManagedBy(spec.managedBy, [...path, 'managedBy']),
    ...validateFailurePolicy(spec, [...path, 'podFailurePolicy']),
    ...validateSuccessPolicy(spec, [...path, 'successPolicy']),
    ...(replacement && !replacements.includes(replacement)
      ? [notSupported([...path, 'podReplacementPolicy'], replacement, replacements)]
      : []),
    ...validateTemplate(template, [...path, 'template']),
    ...validateRestartPolicy(template, podFailurePolicy !== undefined, [...path, 'template', 'spec', 'restartPolicy']),
  ];
}

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

export function validateJobUpdate({ spec }: Job, old: Job): FieldProblem[] {
  const isElastic = spec.completionMode === 'Indexed' && spec.completions !== old.spec.completions;
  return [
    ...(isElastic && spec.completions !== undefined && old.spec.completions !== undefined
      ? validateElastic(spec)
      : immutable(spec.completions, old.spec.completions, [...SPEC, 'completions'])),
    ...NEVER_CHANGED.flatMap((field) => immutable(spec[field], old.spec[field], [...SPEC, field])),
    ...validateTemplateUpdate(spec.template, old),
  ];
}

/** An indexed job may grow and shrink, as long as all of it runs at once. */
function validateElastic({ completions, parallelism }: JobSpec): FieldProblem[] {
  const path = [...SPEC, 'completions'];
  return completions === parallelism ? [] : [invalid(path, completions, 'can only be modified in tandem with spec.parallelism')];
}

function validateTemplateUpdate(template: PodTemplateSpec, old: Job): FieldProblem[] {
  const path = [...SPEC, 'template'];
  if (!isAtRest(old)) return immutable(template, old.spec.template, path);
  return immutable(template, { ...template, spec: withWhatMayChange(old.spec.template.spec, template.spec) }, path);
}

/** Suspended, and without pods that came from its template: not begun, or all of them told to go. */
function isAtRest({ spec, status = {} }: Job): boolean {
  const isSuspended = status.conditions?.some(({ type, status: holds }) => type === 'Suspended' && holds === 'True');
  return spec.suspend === true && (!status.startTime || isSuspended === true) && !status.active;
}

/** Where a job's pods may go, and what they get there, can change while it rests: the old spec with the new one's word on that. */
function withWhatMayChange(spec: PodSpec, wanted: PodSpec): PodSpec {
  const { nodeSelector, tolerations, schedulingGates } = wanted;
  const affinity = withNodeAffinity(spec.affinity, wanted.affinity);
  const containers = withResources(spec.containers, wanted.containers);
  const initContainers = spec.initContainers && withResources(spec.initContainers, wanted.initContainers);
  return { ...spec, nodeSelector, tolerations, schedulingGates, affinity, containers, initContainers };
}

/** Which nodes are fit, and not which pods to be near to. */
function withNodeAffinity({ podAffinity, podAntiAffinity }: Affinity = {}, wanted: Affinity | undefined): Affinity | undefined {
  return wanted || podAffinity || podAntiAffinity ? { podAffinity, podAntiAffinity, nodeAffinity: wanted?.nodeAffinity } : undefined;
}

function withResources(containers: readonly Container[], wanted: readonly Container[] = []): readonly Container[] {
  return containers.map((container, i) => ({ ...container, resources: wanted[i]?.resources }));
}

/** The selector of a job that is yet to be made is made with it. */
export function forbidSelector({ selector, manualSelector }: JobSpec, path: FieldPath): FieldProblem[] {
  return [
    ...(selector ? [invalid([...path, 'selector'], selector, '`selector` will be auto-generated')] : []),
    ...(manualSelector ? [notSupported([...path, 'manualSelector'], manualSelector, ['nil', 'false'])] : []),
  ];
}
