import type { Container, ContainerStatus, Pod } from '../model/index.ts';

/** Its spec asks for what its node cannot give it, now or at all. */
export const RESIZE_PENDING = 'PodResizePending';

/** Its node has agreed to what its spec asks for, and its containers do not have it yet. */
export const RESIZE_IN_PROGRESS = 'PodResizeInProgress';

/** The pod as its node has agreed to run it: with the requests that were granted, whatever its spec asks for by now. */
export function asGranted(pod: Pod): Pod {
  const { containerStatuses, initContainerStatuses } = pod.status ?? {};
  if (!containerStatuses) return pod;
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map((each) => withGranted(each, containerStatuses)),
      ...(initContainers ? { initContainers: initContainers.map((each) => withGranted(each, initContainerStatuses)) } : {}),
    },
  };
}

function withGranted(container: Container, statuses: readonly ContainerStatus[] | undefined): Container {
  const requests = statuses?.find(({ name }) => name === container.name)?.allocatedResources;
  return requests ? { ...container, resources: { ...container.resources, requests } } : container;
}
