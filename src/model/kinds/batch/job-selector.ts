import { equalJson } from '../../../base/index.ts';
import { JOB_NAME_LABEL, JOB_UID_LABEL, type Job } from '../../types/index.ts';

/** What these labels were called before they had a prefix. */
const OLD_NAMES: Readonly<Record<string, string>> = { [JOB_UID_LABEL]: 'controller-uid', [JOB_NAME_LABEL]: 'job-name' };

/** Under both names. */
export function generatedLabels({ metadata }: Job): Readonly<Record<string, string>> {
  const given = { [JOB_UID_LABEL]: metadata.uid ?? '', [JOB_NAME_LABEL]: metadata.name ?? '' };
  const old = Object.entries(given).map(([label, value]) => [OLD_NAMES[label]!, value] as const);
  return { ...given, ...Object.fromEntries(old) };
}

/** Pods are found by their job's uid, unless someone says how to find them. Labels of the same name are told off, not replaced. */
export function withGeneratedSelector(job: Job): Job {
  const { spec, metadata } = job;
  if (spec.manualSelector || !metadata.uid) return job;
  const own = spec.template.metadata?.labels ?? {};
  const labels = { ...generatedLabels(job), ...own };
  const matchLabels = { [JOB_UID_LABEL]: metadata.uid, ...spec.selector?.matchLabels };
  const template = { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  // Labels that the job took over from its template stay those of its template.
  const shared = equalJson(metadata.labels ?? {}, own) ? { ...metadata, labels } : metadata;
  return { ...job, metadata: shared, spec: { ...spec, selector: { ...spec.selector, matchLabels }, template } };
}
