import { equalJson } from '../../../base/index.ts';
import type { Service, ServicePort } from '../../types/index.ts';

type Spec = Service['spec'];

const hasAddress = ({ type }: Spec) => type !== 'ExternalName';
const hasNodePorts = ({ type }: Spec) => type === 'NodePort' || type === 'LoadBalancer';
const isBalanced = ({ type }: Spec) => type === 'LoadBalancer';

/** Whether it can be reached from outside of the cluster. */
export const isExternal = (spec: Spec) => hasNodePorts(spec) || (hasAddress(spec) && spec.externalIPs !== undefined);
/** Whether a balancer asks each node if it has an endpoint. */
export const isHealthChecked = (spec: Spec) => isBalanced(spec) && spec.externalTrafficPolicy === 'Local';

/** Fields that only some types of services have. */
const OWN_FIELDS: readonly (readonly [has: (spec: Spec) => boolean, fields: readonly (keyof Spec)[]])[] = [
  [hasAddress, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']],
  [(spec) => !hasAddress(spec), ['externalName']],
  [isExternal, ['externalTrafficPolicy']],
  [isHealthChecked, ['healthCheckNodePort']],
  [isBalanced, ['allocateLoadBalancerNodePorts', 'loadBalancerClass']],
];

/** What was given out stays as long as the type has such a thing; what the new type has not, and nobody asks for, goes. */
export function carryOver(service: Service, old: Service): Service {
  return { ...service, spec: release(keep(service.spec, old.spec), old.spec) };
}

function keep(spec: Spec, old: Spec): Spec {
  if (!hasAddress(spec) || !hasAddress(old)) return spec;
  const clusterIP = spec.clusterIP || old.clusterIP;
  const isOther = clusterIP !== old.clusterIP;
  // Who changes the one address and leaves the list of addresses alone means both.
  const clusterIPs = isOther && equalJson(spec.clusterIPs, old.clusterIPs) ? undefined : spec.clusterIPs;
  const ports = hasNodePorts(spec) && hasNodePorts(old) ? spec.ports?.map((port) => keepNodePort(port, old)) : spec.ports;
  return withoutUndefined({
    ...spec,
    ports,
    clusterIP,
    clusterIPs: clusterIPs ?? (isOther ? clusterIP && [clusterIP] : old.clusterIPs),
    ipFamilies: spec.ipFamilies ?? old.ipFamilies,
    ipFamilyPolicy: spec.ipFamilyPolicy ?? old.ipFamilyPolicy,
    healthCheckNodePort: spec.healthCheckNodePort ?? old.healthCheckNodePort,
  });
}

function withoutUndefined(spec: { readonly [field in keyof Spec]: unknown }): Spec {
  return Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined)) as Spec;
}

const portOf = (port: ServicePort, old: Spec) => old.ports?.find((other) => other.port === port.port && other.protocol === port.protocol);

function keepNodePort(port: ServicePort, old: Spec): ServicePort {
  const before = portOf(port, old)?.nodePort;
  return port.nodePort || before === undefined ? port : { ...port, nodePort: before };
}

function release(spec: Spec, old: Spec): Spec {
  const gone = OWN_FIELDS.flatMap(([has, fields]) =>
    has(old) && !has(spec) ? fields.filter((field) => equalJson(spec[field], old[field])) : [],
  );
  const left = Object.fromEntries(Object.entries(spec).filter(([field]) => !gone.includes(field as keyof Spec))) as Spec;
  if (!hasNodePorts(old) || hasNodePorts(spec) || !left.ports) return left;
  return { ...left, ports: left.ports.map((port) => releaseNodePort(port, old)) };
}

/** Only those that came from the old type, not those that someone asks for. */
function releaseNodePort(port: ServicePort, old: Spec): ServicePort {
  if (port.nodePort === undefined || port.nodePort !== portOf(port, old)?.nodePort) return port;
  const { nodePort: _, ...released } = port;
  return released;
}
