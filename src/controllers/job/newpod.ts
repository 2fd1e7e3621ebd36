import { JOBS, type Container, type Job, type Pod } from '../../model/index.ts';
import { LONGEST_BASE, podOf } from '../podwriter.ts';
import { INDEX, TRACKING } from './facts.ts';
import type { NewPod } from './pods.ts';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';

/** A pod of the job, tracked from its first moment. */
export function newPodOf(job: Job, { index, annotations }: NewPod): Pod {
  const owner = { kind: JOBS, object: job };
  const pod = podOf(owner, job.spec.template, index === undefined ? job.metadata.name : indexedBase(job.metadata.name, index));
  const metadata = { ...pod.metadata, finalizers: [...(pod.metadata.finalizers ?? []), TRACKING] };
  if (index === undefined) return { ...pod, metadata };
  const own = { [INDEX]: String(index) };
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    metadata: { ...metadata, labels: { ...metadata.labels, ...own }, annotations: { ...metadata.annotations, ...own, ...annotations } },
    spec: {
      ...pod.spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: containers.map(withIndex),
      ...(initContainers ? { initContainers: initContainers.map(withIndex) } : {}),
    },
  };
}

/** A long name is cut before its index, not behind it. */
function indexedBase(name: string, index: number): string {
  const suffix = `-${index}`;
  return name.slice(0, LONGEST_BASE - '-'.length - suffix.length) + suffix;
}

function withIndex(container: Container): Container {
  const { env = [] } = container;
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container;
  return {
    ...container,
    env: [...env, { name: INDEX_VARIABLE, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } } }],
  };
}
