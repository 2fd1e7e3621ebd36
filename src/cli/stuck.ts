import { controllerOf, type Application, type ContainerStatus, type Pod, type ReplicaSet } from '../model/index.ts';
import { healthOf } from '../status/index.ts';

/** Pods named for one application; the others are most likely alike. */
const MOST = 3;

/** What the rollouts of an application hang on: its pods that need a person, and why they do. */
export function stuckPods({ status: state }: Application, sets: readonly ReplicaSet[], pods: readonly Pod[]): string[] {
  const owners = new Set(state?.inventory?.flatMap(({ uid }) => uid ?? []));
  for (const set of sets) if (owners.has(controllerOf(set)?.uid ?? '')) owners.add(set.metadata.uid ?? '');
  return pods
    .filter((pod) => owners.has(controllerOf(pod)?.uid ?? ''))
    .flatMap((pod) => {
      const health = healthOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
      return health.state === 'Degraded' ? [`Pod ${pod.metadata.namespace}/${pod.metadata.name}: ${health.message}${lastEnd(pod)}`] : [];
    })
    .slice(0, MOST);
}

/** A container that is started again and again says why only in how it ended last. */
function lastEnd({ status: state }: Pod): string {
  const statuses: readonly ContainerStatus[] = [...(state?.initContainerStatuses ?? []), ...(state?.containerStatuses ?? [])];
  const ended = statuses.find((status) => status.state?.waiting)?.lastState?.terminated;
  return ended ? `; it ended with exit code ${ended.exitCode}${ended.message ? `: ${ended.message.trimEnd()}` : ''}` : '';
}
