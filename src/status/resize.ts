import type { Container, ContainerStatus, Pod, ResourceRequirements } from '../model/index.ts';

/** Its spec asks for what its node cannot give it, now or at all. */
export const RESIZE_PENDING = 'PodResizePending';

/** Its node has agreed to what its spec asks for, and its containers do not have it yet. */
export const RESIZE_IN_PROGRESS = 'PodResizeInProgress';

/** Nobody has changed its spec yet: true of nearly every pod. */
export function isAsMade({ metadata }: Pod): boolean {
  return metadata.generation === 1;
}

/** The pod as its node has agreed to run it, as far as its status tells, whatever its spec asks for by now. */
export function asGranted(pod: Pod): Pod {
  return withSizes(pod, ({ resources, allocatedResources: requests }) => (requests ? { ...resources, requests } : resources));
}

/** The pod with what its containers have by now, as far as its status tells. */
export function asHeld(pod: Pod): Pod {
  return withSizes(pod, ({ resources }) => resources);
}

/** What a status says of a container, or of a pod as a whole. */
type Sizes = Pick<ContainerStatus, 'resources' | 'allocatedResources'>;
type Choice = (sizes: Sizes) => ResourceRequirements | undefined;

function withSizes(pod: Pod, choose: Choice): Pod {
  const { containerStatuses, initContainerStatuses } = pod.status ?? {};
  if (!containerStatuses) return pod;
  const { containers, initContainers } = pod.spec;
  const whole = pod.spec.resources && choose(pod.status!);
  return {
    ...pod,
    spec: {
      ...pod.spec,
      ...(whole ? { resources: whole } : {}),
      containers: containers.map((each) => sized(each, containerStatuses, choose)),
      ...(initContainers ? { initContainers: initContainers.map((each) => sized(each, initContainerStatuses, choose)) } : {}),
    },
  };
}

function sized(container: Container, statuses: readonly ContainerStatus[] | undefined, choose: Choice): Container {
  const status = statuses?.find(({ name }) => name === container.name);
  const resources = status && choose(status);
  return resources ? { ...container, resources } : container;
}
