import { oncePerObject } from '../../../base/index.ts';
import type { Container, PodSpec, PodTemplateSpec } from '../../types/index.ts';
import { defaultContainer } from './container.ts';
import { defaultVolume } from './volume.ts';

/** What a pod's spec has when its manifest says nothing, alone or in a template. */
function defaultPodSpec(spec: PodSpec): PodSpec {
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  return {
    ...spec,
    ...(spec.volumes ? { volumes: spec.volumes.map(defaultVolume) } : {}),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(defaultContainer) } : {}),
    ...(spec.containers ? { containers: spec.containers.map(defaultContainer) } : {}),
    ...(spec.ephemeralContainers ? { ephemeralContainers: spec.ephemeralContainers.map(defaultContainer) } : {}),
    restartPolicy: spec.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    dnsPolicy: spec.dnsPolicy ?? 'ClusterFirst',
    ...(account ? { serviceAccountName: account, serviceAccount: account } : {}),
    securityContext: spec.securityContext ?? {},
    schedulerName: spec.schedulerName ?? 'default-scheduler',
  };
}

export function defaultTemplate(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { metadata = {}, spec } = template ?? ({} as Partial<PodTemplateSpec>);
  return { metadata, spec: defaultPodSpec(spec ?? ({} as PodSpec)) };
}

/** The spec of a pod; those of one template share it. */
export const defaultPod = oncePerObject(withPodDefaults);

/** What only pods take over, not templates: requests from limits, host ports from the host's network, service links. */
function withPodDefaults(spec: PodSpec): PodSpec {
  const filled = defaultPodSpec(spec);
  const finish = (container: Container) => withRequests(spec.hostNetwork ? withHostPorts(container) : container);
  return {
    ...filled,
    ...(filled.initContainers ? { initContainers: filled.initContainers.map(finish) } : {}),
    ...(filled.containers ? { containers: filled.containers.map(finish) } : {}),
    enableServiceLinks: spec.enableServiceLinks ?? true,
  };
}

function withRequests(container: Container): Container {
  const limits = container.resources?.limits;
  if (!limits) return container;
  return { ...container, resources: { ...container.resources, requests: { ...limits, ...container.resources?.requests } } };
}

function withHostPorts(container: Container): Container {
  if (!container.ports) return container;
  return { ...container, ports: container.ports.map((port) => ({ ...port, hostPort: port.hostPort ?? port.containerPort })) };
}
