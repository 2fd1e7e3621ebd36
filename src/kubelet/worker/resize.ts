import { equalJson } from '../../base/index.ts';
import type { Container, Pod, PodSpec, ResourceRequirements } from '../../model/index.ts';
import { asGranted, isAsMade, isTerminal } from '../../status/index.ts';
import { describeLack, lacksOf, nanosOf, takenBy } from './nodeshare.ts';
import type { PodView, Seen } from './view.ts';

/** What the node gives a pod: what its spec asks for or, where that is refused, what it was granted before. */
export interface Grant {
  readonly spec: PodSpec;
  readonly refusal?: Refusal;
}

export interface Refusal {
  /** Deferred: others have what it asks for. Infeasible: the node does not have it at all. */
  readonly reason: 'Deferred' | 'Infeasible';
  readonly message: string;
}

/** What is granted once stays so until the spec asks for something else. */
export function grantOf(view: PodView, isEnding: boolean): Grant {
  const { pod } = view;
  const before = grantedBefore(view);
  // Most often it is the very same.
  if (before === pod.spec || sameSizes(before, pod.spec)) return { spec: pod.spec };
  if (isEnding || isTerminal(pod)) return { spec: before };
  const refusal = refusalOf(view, before);
  return refusal ? { spec: before, refusal } : { spec: pod.spec };
}

/** A daemon that is started anew knows it from the status. */
export function grantedBefore({ pod, memory }: Pick<PodView, 'pod' | 'memory'>): PodSpec {
  return isAsMade(pod) ? pod.spec : (memory.granted ?? asGranted(pod).spec);
}

export function sizeIn(spec: PodSpec, name: string): ResourceRequirements {
  const isNamed = (each: Container) => each.name === name;
  return (spec.containers.find(isNamed) ?? spec.initContainers?.find(isNamed))?.resources ?? NO_RESOURCES;
}

export const NO_RESOURCES: ResourceRequirements = {};

/** Whether the pods' containers, and they as a whole, ask for the same. */
export function sameSizes(a: PodSpec, b: PodSpec): boolean {
  return equalJson(sizesIn(a), sizesIn(b));
}

function sizesIn({ resources, containers, initContainers }: PodSpec): object {
  const sizes = [...containers, ...(initContainers ?? [])].map((each) => each.resources ?? NO_RESOURCES);
  return { whole: resources ?? NO_RESOURCES, sizes };
}

/** It runs with something else than it was granted. */
export function awaitsResize({ current, role, held, granted }: Seen): boolean {
  return current?.state.kind === 'running' && (role === 'main' || role === 'sidecar') && held !== granted && !equalJson(held, granted);
}

/** Whether what the container gets more or less of takes a new start. */
export function mustRestart({ spec, held, granted }: Seen): boolean {
  const changes = (resource: string) =>
    held.requests?.[resource] !== granted.requests?.[resource] || held.limits?.[resource] !== granted.limits?.[resource];
  return (spec.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => restartPolicy === 'RestartContainer' && changes(resourceName));
}

const RESIZABLE = ['cpu', 'memory'] as const;

/** Only what the pod takes more of than before is asked of the node. */
function refusalOf({ pod, share }: PodView, before: PodSpec): Refusal | undefined {
  const [wanted, had] = [takenBy(pod), takenBy({ ...pod, spec: before } as Pod)];
  const growing = RESIZABLE.filter((resource) => nanosOf(wanted, resource) > nanosOf(had, resource));
  if (growing.length === 0) return undefined;
  const lacks = lacksOf(wanted, growing, share(pod));
  const never = lacks.find(({ requested, capacity }) => requested > capacity);
  if (never) {
    const { resource, requested, capacity } = never;
    const message = `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`;
    return { reason: 'Infeasible', message };
  }
  return lacks[0] && { reason: 'Deferred', message: describeLack(lacks[0]) };
}
