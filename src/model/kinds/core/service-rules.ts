import { isIP } from 'node:net';
import { dns1123Label, type FieldPath } from '../../meta/index.ts';
import type { Service, ServicePort } from '../../types/index.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../schema/problems.ts';
import type { FieldProblem } from '../kind.ts';
import { subdomainProblems, validateLabels } from '../rules/metadata.ts';
import { validatePort, validatePortOrName } from '../rules/numbers.ts';

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
    ...(type === 'ExternalName' && clusterIP ? [forbidden([...SPEC, 'clusterIP'], 'may not be set for ExternalName services')] : []),
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
    ...(clusterIP && clusterIP !== 'None' && isIP(clusterIP) === 0
      ? [invalid([...SPEC, 'clusterIPs', 0], clusterIP, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
      : []),
    ...(TYPES.includes(type) ? [] : [notSupported([...SPEC, 'type'], type, TYPES)]),
    ...(type === 'ClusterIP' ? forbidNodePorts(ports) : []),
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
  return ports.flatMap(({ name, port, protocol }, i) => {
    const key = `${port}/${protocol}`;
    const problems = [
      ...(name && names.has(name) ? [duplicate([...SPEC, 'ports', i, 'name'], name)] : []),
      ...(seen.has(key) ? [duplicate([...SPEC, 'ports', i], { port, protocol })] : []),
    ];
    if (name) names.add(name);
    seen.add(key);
    return problems;
  });
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: Service['spec']): FieldProblem[] {
  const path = [...SPEC, 'sessionAffinityConfig'];
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (sessionAffinity === 'None' && sessionAffinityConfig) return [forbidden(path, 'must not be set when session affinity is None')];
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
