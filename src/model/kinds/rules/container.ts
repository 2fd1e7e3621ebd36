import { dns1123Label, portName, type FieldPath } from '../../meta/index.ts';
import type { Container, ContainerPort, PodSpec } from '../../types/index.ts';
import { duplicate, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateEnvironment, validateEnvironmentSources } from './environment.ts';
import { validatePort } from './numbers.ts';
import { validateLifecycle, validateProbes } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateRestarts } from './restarts.ts';
import { validateContainerSecurity } from './security.ts';
import { validateMounts } from './volumes.ts';

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export function validateContainers(spec: PodSpec, path: FieldPath): FieldProblem[] {
  if (!spec.containers?.length) return [required([...path, 'containers'])];
  const names = new Set<string>();
  return [
    ...spec.containers.flatMap((container, i) => {
      const at = [...path, 'containers', i];
      return [...validateContainer(container, spec, names, at, true), ...validateRestarts(container, at)];
    }),
    ...(spec.initContainers ?? []).flatMap((container, i) => {
      const at = [...path, 'initContainers', i];
      return [
        ...validateContainer(container, spec, names, at, container.restartPolicy === 'Always'),
        ...validateRestarts(container, at),
        ...validateHostPorts([container], [...path, 'initContainers']),
      ];
    }),
    ...validateHostPorts(spec.containers, [...path, 'containers']),
  ];
}

export function validateContainer(
  container: Container,
  spec: PodSpec,
  names: Set<string>,
  path: FieldPath,
  mayRestart: boolean,
): FieldProblem[] {
  const { name, image, imagePullPolicy, terminationMessagePolicy: policy } = container;
  const repeated = names.has(name);
  names.add(name);
  return [
    ...(name ? dns1123Label(name).map((text) => invalid([...path, 'name'], name, text)) : [required([...path, 'name'])]),
    ...(repeated ? [duplicate([...path, 'name'], name)] : []),
    ...(image ? [] : [required([...path, 'image'])]),
    ...(policy && !MESSAGE_POLICIES.includes(policy)
      ? [notSupported([...path, 'terminationMessagePolicy'], policy, MESSAGE_POLICIES)]
      : []),
    ...validateLifecycle(container.lifecycle, spec.terminationGracePeriodSeconds, [...path, 'lifecycle']),
    ...validateProbes(container, path, mayRestart),
    ...validatePorts(container.ports, spec.hostNetwork ?? false, [...path, 'ports']),
    ...validateEnvironment(container.env, [...path, 'env']),
    ...validateEnvironmentSources(container.envFrom, [...path, 'envFrom']),
    ...validateMounts(container, spec.volumes ?? [], path),
    ...(imagePullPolicy && !PULL_POLICIES.includes(imagePullPolicy)
      ? [notSupported([...path, 'imagePullPolicy'], imagePullPolicy, PULL_POLICIES)]
      : []),
    ...validateResources(container.resources, [...path, 'resources']),
    ...validateResizePolicy(container.resizePolicy, spec.restartPolicy, [...path, 'resizePolicy']),
    ...validateContainerSecurity(container, spec, path),
  ];
}

/** A port of the node is for one of the containers that run at the same time. */
function validateHostPorts(containers: readonly Container[], path: FieldPath): FieldProblem[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, i) =>
    ports.flatMap(({ protocol = 'TCP', hostIP = '', hostPort }, j) => {
      if (!hostPort) return [];
      const place = `${protocol}/${hostIP}/${hostPort}`;
      const isTaken = taken.has(place);
      taken.add(place);
      return isTaken ? [duplicate([...path, i, 'ports', j, 'hostPort'], place)] : [];
    }),
  );
}

/** A template may hold a blank for whoever fills it in; a pod may not. */
export function validateImages(containers: readonly Container[] = [], path: FieldPath): FieldProblem[] {
  return containers.flatMap(({ image = '' }, i) =>
    image.trim() === image ? [] : [invalid([...path, i, 'image'], image, 'must not have leading or trailing whitespace')],
  );
}

const RESIZABLE = ['cpu', 'memory'];
const RESIZE_POLICIES = ['NotRequired', 'RestartContainer'];

function validateResizePolicy(policies: Container['resizePolicy'], podPolicy: PodSpec['restartPolicy'], path: FieldPath): FieldProblem[] {
  return (policies ?? []).flatMap(({ resourceName, restartPolicy }, i) => {
    const isRepeated = policies!.slice(0, i).some((before) => before.resourceName === resourceName);
    const isKnown = RESIZE_POLICIES.includes(restartPolicy);
    return [
      ...(isRepeated ? [duplicate([...path, i], resourceName)] : []),
      ...(RESIZABLE.includes(resourceName) ? [] : [notSupported(path, resourceName, RESIZABLE)]),
      ...(isKnown ? [] : [notSupported(path, restartPolicy, RESIZE_POLICIES)]),
      ...(podPolicy === 'Never' && restartPolicy !== 'NotRequired'
        ? [invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
        : []),
    ];
  });
}

function validatePorts(ports: readonly ContainerPort[] | undefined, hostNetwork: boolean, path: FieldPath): FieldProblem[] {
  const names = new Set<string>();
  return (ports ?? []).flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = [...path, i];
    const repeated = name !== undefined && names.has(name);
    if (name) names.add(name);
    return [
      ...(name ? portName(name).map((text) => invalid([...at, 'name'], name, text)) : []),
      ...(repeated ? [duplicate([...at, 'name'], name)] : []),
      ...(containerPort ? validatePort(containerPort, [...at, 'containerPort']) : [required([...at, 'containerPort'])]),
      ...(hostPort ? validatePort(hostPort, [...at, 'hostPort']) : []),
      ...(hostNetwork && hostPort && hostPort !== containerPort
        ? [invalid([...at, 'hostPort'], hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : []),
      ...(protocol && !PROTOCOLS.includes(protocol) ? [notSupported([...at, 'protocol'], protocol, PROTOCOLS)] : []),
    ];
  });
}
