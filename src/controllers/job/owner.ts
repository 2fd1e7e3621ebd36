import { controllerOf, JOB_NAME_LABEL, JOBS, type ObjectKey, type Pod } from '../../model/index.ts';
import { isTracked } from './facts.ts';

/** The job that controls the pod, or the one by whose name it is tracked, that may be gone. What is tracked by no name is nobody's. */
export function jobsOf(pod: Pod): readonly ObjectKey[] {
  const controller = controllerOf(pod);
  const tracker = isTracked(pod) ? (pod.metadata.labels?.[JOB_NAME_LABEL] ?? '') : undefined;
  const name = controller ? (controller.kind === JOBS.kind ? controller.name : undefined) : tracker;
  return name === undefined ? [] : [`${pod.metadata.namespace}/${name}`];
}
