import { oncePerObject } from '../../../base/index.ts';
import type { Container, PodSpec, PodTemplateSpec, ResourceRequirements } from '../../types/index.ts';
import { formatQuantity } from '../../meta/index.ts';
import { amountsOfContainers } from '../../quota/amounts.ts';
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
    ...(spec.resources ? { resources: withPodRequests(spec.resources, filled) } : {}),
    enableServiceLinks: spec.enableServiceLinks ?? true,
  };
}

function withRequests(container: Container): Container {
  const limits = container.resources?.limits;
  if (!limits) return container;
  return { ...container, resources: { ...container.resources, requests: { ...limits, ...container.resources?.requests } } };
}

/** What the pod as a whole asks for, where it says something: what its containers ask for, or its limit. */
function withPodRequests(resources: ResourceRequirements, spec: PodSpec): ResourceRequirements {
  if (!resources.requests && !resources.limits) return resources;
  const asked = [...amountsOfContainers(spec, 'requests')].filter(([name]) => isPodResource(name));
  const fromContainers = Object.fromEntries(asked.map(([name, amount]) => [name, formatQuantity(amount)]));
  const requests = { ...resources.limits, ...fromContainers, ...resources.requests };
  return Object.keys(requests).length > 0 ? { ...resources, requests } : resources;
}

const isPodResource = (name: string) => name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

function withHostPorts(container: Container): Container {
  if (!container.ports) return container;
  return { ...container, ports: container.ports.map((port) => ({ ...port, hostPort: port.hostPort ?? port.containerPort })) };
}
