import { dns1123Label, type FieldPath } from '../../meta/index.ts';
import type { Service, ServicePort } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import { subdomainProblems, validateLabels } from '../rules/metadata.ts';
import { validateAddress, validatePort, validatePortOrName } from '../rules/numbers.ts';
import { isExternal, isHealthChecked } from './service-update.ts';

const SPEC: FieldPath = ['spec'];
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const AFFINITIES = ['ClientIP', 'None'];
const LONGEST_AFFINITY = 86_400;

export function validateService(service: Service, old?: Service): FieldProblem[] {
  const { spec } = service;
  const { type = 'ClusterIP', ports = [], clusterIP, sessionAffinity, externalName } = spec;
  const needsPorts = type !== 'ExternalName' && clusterIP !== 'None';
  return [
    ...(needsPorts && ports.length === 0 ? [required([...SPEC, 'ports'])] : []),
    ...(type === 'ExternalName'
      ? externalName
        ? subdomainProblems(externalName, [...SPEC, 'externalName'])
        : [required([...SPEC, 'externalName'])]
      : []),
    ...(type === 'LoadBalancer' && clusterIP === 'None'
      ? [invalid([...SPEC, 'clusterIPs', 0], clusterIP, "may not be set to 'None' for LoadBalancer services")]
      : []),
    ...(type === 'NodePort' && clusterIP === 'None'
      ? [invalid([...SPEC, 'clusterIPs', 0], clusterIP, "may not be set to 'None' for NodePort services")]
      : []),
    ...ports.flatMap((port, i) => validateServicePort(port, ports.length > 1, [...SPEC, 'ports', i])),
    ...validateUnique(ports),
    ...validateLabels(spec.selector, [...SPEC, 'selector']),
    ...(sessionAffinity && !AFFINITIES.includes(sessionAffinity)
      ? [notSupported([...SPEC, 'sessionAffinity'], sessionAffinity, AFFINITIES)]
      : []),
    ...validateAffinity(spec),
    ...validateAddresses(spec),
    ...(spec.externalIPs ?? []).flatMap((address, i) => validateAddress(address, [...SPEC, 'externalIPs', i])),
    ...(TYPES.includes(type) ? [] : [notSupported([...SPEC, 'type'], type, TYPES)]),
    ...(type === 'ClusterIP' ? forbidNodePorts(ports) : []),
    ...validateBalancer(spec),
    ...(old ? validateServiceUpdate(service, old) : []),
  ];
}

function validateServicePort({ name, port, protocol, targetPort }: ServicePort, needsName: boolean, path: FieldPath): FieldProblem[] {
  return [
    ...(name ? dns1123Label(name).map((text) => invalid([...path, 'name'], name, text)) : needsName ? [required([...path, 'name'])] : []),
    ...validatePort(port, [...path, 'port']),
    ...(protocol && !PROTOCOLS.includes(protocol) ? [notSupported([...path, 'protocol'], protocol, PROTOCOLS)] : []),
    ...validatePortOrName(targetPort ?? port, [...path, 'targetPort']),
  ];
}

function validateUnique(ports: readonly ServicePort[]): FieldProblem[] {
  const names = new Set<string>();
  const seen = new Set<string>();
  return ports.flatMap(({ name, port, protocol, nodePort }, i) => {
    const key = `${port}/${protocol}`;
    const door = nodePort ? `${nodePort}/${protocol} of the node` : undefined;
    const problems = [
      ...(name && names.has(name) ? [duplicate([...SPEC, 'ports', i, 'name'], name)] : []),
      ...(seen.has(key) ? [duplicate([...SPEC, 'ports', i], { port, protocol })] : []),
      ...(door && seen.has(door) ? [duplicate([...SPEC, 'ports', i, 'nodePort'], nodePort)] : []),
    ];
    if (name) names.add(name);
    seen.add(key);
    if (door) seen.add(door);
    return problems;
  });
}

function validateAddresses(spec: Service['spec']): FieldProblem[] {
  const { type, clusterIP = '', clusterIPs = [] } = spec;
  if (type === 'ExternalName') {
    const given = (['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).filter((field) => spec[field]?.length);
    return given.map((field) => forbidden([...SPEC, field], 'may not be set for ExternalName services'));
  }
  return [
    ...(clusterIPs.length > 0 && clusterIPs[0] !== clusterIP
      ? [invalid([...SPEC, 'clusterIPs'], clusterIPs, 'first value must match `clusterIP`')]
      : []),
    ...clusterIPs.flatMap((address, i) => (address === 'None' && i === 0 ? [] : validateAddress(address, [...SPEC, 'clusterIPs', i]))),
  ];
}

/** What only some types of services have. */
function validateBalancer(spec: Service['spec']): FieldProblem[] {
  const { type, externalTrafficPolicy: policy, healthCheckNodePort: health } = spec;
  const only = (['loadBalancerSourceRanges', 'allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const).filter(
    (field) => type !== 'LoadBalancer' && spec[field] !== undefined,
  );
  return [
    ...only.map((field) => forbidden([...SPEC, field], "may only be used when `type` is 'LoadBalancer'")),
    ...(policy && !isExternal(spec)
      ? [invalid([...SPEC, 'externalTrafficPolicy'], policy, 'may only be set for externally-accessible services')]
      : []),
    ...(health && !isHealthChecked(spec)
      ? [
          invalid(
            [...SPEC, 'healthCheckNodePort'],
            health,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
          ),
        ]
      : []),
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

/** An address once given stays: clients may have it. */
function validateServiceUpdate({ spec }: Service, { spec: old }: Service): FieldProblem[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName' || !old.clusterIP) return [];
  if (spec.clusterIP === old.clusterIP) return [];
  return [invalid([...SPEC, 'clusterIPs', 0], spec.clusterIPs ?? [spec.clusterIP], 'may not change once set')];
}
