import { dns1123Label, mapKey, qualifiedName, type FieldPath } from '../../meta/index.ts';
import type { Service, ServicePort } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { validateAddress, validateReachable } from '../rules/addresses.ts';
import { subdomainProblems, validateLabels } from '../rules/metadata.ts';
import { validatePort, validatePortOrName } from '../rules/numbers.ts';
import { validateAddressChange, validateServiceAddresses } from './service-addresses.ts';
import { validateBalancer, validateBalancerChange } from './service-balancer.ts';

const SPEC: FieldPath = ['spec'];
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const AFFINITIES = ['ClientIP', 'None'];
const LONGEST_AFFINITY = 86_400;
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
/** How hints were asked for before. */
const HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY = 'service.kubernetes.io/topology-mode';

export function validateService(service: Service, old?: Service): FieldProblem[] {
  const { spec } = service;
  const { type = 'ClusterIP', ports = [], clusterIP, sessionAffinity: affinity, trafficDistribution } = spec;
  const isNamed = type === 'ExternalName';
  return [
    ...(old ? [...validateAddressChange(spec, old.spec), ...validateBalancerChange(spec, old.spec)] : []),
    ...validateTopology(service),
    ...(!isNamed && clusterIP !== 'None' && ports.length === 0 ? [required([...SPEC, 'ports'])] : []),
    ...((type === 'LoadBalancer' || type === 'NodePort') && clusterIP === 'None'
      ? [invalid([...SPEC, 'clusterIPs', 0], clusterIP, `may not be set to 'None' for ${type} services`)]
      : []),
    ...(isNamed ? validateName(spec) : []),
    ...validatePorts(ports),
    ...validateLabels(spec.selector, [...SPEC, 'selector']),
    ...(affinity && !AFFINITIES.includes(affinity) ? [notSupported([...SPEC, 'sessionAffinity'], affinity, AFFINITIES)] : []),
    ...validateAffinity(spec),
    ...validateServiceAddresses(spec),
    ...(spec.externalIPs ?? []).flatMap((address, i) => {
      const path = [...SPEC, 'externalIPs', i];
      return old?.spec.externalIPs?.includes(address) ? [] : [...validateAddress(address, path), ...validateReachable(address, path)];
    }),
    ...(TYPES.includes(type) ? [] : [notSupported([...SPEC, 'type'], type, TYPES)]),
    ...(type === 'ClusterIP' ? forbidNodePorts(ports) : []),
    ...validateUnique(ports),
    ...validateBalancer(service, old),
    ...(trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)
      ? [notSupported([...SPEC, 'trafficDistribution'], trafficDistribution, DISTRIBUTIONS)]
      : []),
  ];
}

function validateTopology({ metadata: { annotations = {} } }: Service): FieldProblem[] {
  const { [TOPOLOGY]: mode, [HINTS]: hints } = annotations;
  if (mode === undefined || hints === undefined || mode === hints) return [];
  return [invalid(['metadata', 'annotations', mapKey(TOPOLOGY)], mode, `must match annotations[${HINTS}] when both are specified`)];
}

/** A name may end with a dot, which says that it is whole. */
function validateName(spec: Service['spec']): FieldProblem[] {
  const fields = ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const;
  const given = fields.filter((field) => spec[field]?.length || (field === 'clusterIPs' && spec.clusterIP));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [
    ...given.map((field) => forbidden([...SPEC, field], 'may not be set for ExternalName services')),
    ...(name ? subdomainProblems(name, [...SPEC, 'externalName']) : [required([...SPEC, 'externalName'])]),
  ];
}

function validatePorts(ports: readonly ServicePort[]): FieldProblem[] {
  return ports.flatMap(({ name, port, protocol, targetPort, appProtocol }, i) => {
    const path = [...SPEC, 'ports', i];
    return [
      ...(name ? dns1123Label(name).map((text) => invalid([...path, 'name'], name, text)) : []),
      ...(!name && ports.length > 1 ? [required([...path, 'name'])] : []),
      ...(name && ports.findIndex((other) => other.name === name) < i ? [duplicate([...path, 'name'], name)] : []),
      ...validatePort(port, [...path, 'port']),
      ...(protocol && !PROTOCOLS.includes(protocol) ? [notSupported([...path, 'protocol'], protocol, PROTOCOLS)] : []),
      ...validatePortOrName(targetPort ?? port, [...path, 'targetPort']),
      ...(appProtocol === undefined ? [] : qualifiedName(appProtocol).map((text) => invalid([...path, 'appProtocol'], appProtocol, text))),
    ];
  });
}

function validateUnique(ports: readonly ServicePort[]): FieldProblem[] {
  const repeats = (same: (a: ServicePort, b: ServicePort) => boolean) =>
    ports.flatMap((port, i) =>
      ports.slice(0, i).some((other) => other.protocol === port.protocol && same(other, port)) ? [{ port, i }] : [],
    );
  return [
    ...repeats((a, b) => a.nodePort !== undefined && a.nodePort === b.nodePort).map(({ port, i }) =>
      duplicate([...SPEC, 'ports', i, 'nodePort'], port.nodePort),
    ),
    ...repeats((a, b) => a.port === b.port).map(({ port: { port, protocol }, i }) =>
      // Kubernetes shows the key by which it compares, in the form that it has inside.
      duplicate([...SPEC, 'ports', i], { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }),
    ),
  ];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Service['spec']): FieldProblem[] {
  const path = [...SPEC, 'sessionAffinityConfig'];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity !== 'ClientIP' || seconds === undefined || (seconds > 0 && seconds <= LONGEST_AFFINITY)) return [];
  return [invalid([...path, 'clientIP', 'timeoutSeconds'], seconds, `must be greater than 0 and less than ${LONGEST_AFFINITY}`)];
}

function forbidNodePorts(ports: readonly ServicePort[]): FieldProblem[] {
  return ports.flatMap(({ nodePort }, i) =>
    nodePort ? [forbidden([...SPEC, 'ports', i, 'nodePort'], "may not be used when `type` is 'ClusterIP'")] : [],
  );
}
