import { controllerOf, type Pod } from '../model/index.ts';

/** Work that ends by itself: it makes a pod ready for its main containers, or it is what a Job is there for. */
export type Task = 'init' | 'job';

export type Tasks = ReadonlyMap<string, Task>;

/** The containers of a pod that have such work, by name; undefined where none has. */
export function tasksOf(pod: Pod): Tasks | undefined {
  const { initContainers = [], containers } = pod.spec;
  const ofJob = controllerOf(pod)?.kind === 'Job';
  if (initContainers.length === 0 && !ofJob) return undefined;
  const tasks = new Map<string, Task>();
  for (const { name, restartPolicy } of initContainers) if (restartPolicy !== 'Always') tasks.set(name, 'init');
  if (ofJob) for (const { name } of containers) tasks.set(name, 'job');
  return tasks;
}
