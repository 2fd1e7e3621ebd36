import { equalJson } from '../../../base/index.ts';
import type { Service, ServicePort } from '../../types/index.ts';

type Spec = Service['spec'];

const hasAddress = ({ type }: Spec) => type !== 'ExternalName';
const hasNodePorts = ({ type }: Spec) => type === 'NodePort' || type === 'LoadBalancer';
export const isBalanced = ({ type }: Spec) => type === 'LoadBalancer';

/** Whether it can be reached from outside of the cluster. */
export const isExternal = (spec: Spec) => hasNodePorts(spec) || (hasAddress(spec) && (spec.externalIPs ?? []).length > 0);
/** Whether a balancer asks each node if it has an endpoint. */
export const isHealthChecked = (spec: Spec) => isBalanced(spec) && spec.externalTrafficPolicy === 'Local';

/** Fields that go with the type that has them, unless somebody changes them; others stay, though they mean nothing then. */
const OWN_FIELDS: readonly (readonly [has: (spec: Spec) => boolean, fields: readonly (keyof Spec)[]])[] = [
  [hasAddress, ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']],
  [isExternal, ['externalTrafficPolicy']],
  [isHealthChecked, ['healthCheckNodePort']],
  [isBalanced, ['allocateLoadBalancerNodePorts', 'loadBalancerClass']],
];

/** What was given out stays as long as the type has such a thing; what the new type has not, and nobody asks for, goes. */
export function carryOver(service: Service, old: Service): Service {
  const { status } = service;
  const spec = release(keep(service.spec, old.spec), old.spec);
  return { ...service, spec, ...(isBalanced(spec) || !status?.loadBalancer ? {} : { status: { ...status, loadBalancer: {} } }) };
}

function keep(spec: Spec, old: Spec): Spec {
  if (!hasAddress(spec) || !hasAddress(old)) return spec;
  const clusterIP = spec.clusterIP || old.clusterIP;
  const isOther = clusterIP !== old.clusterIP;
  // Who changes the one address and leaves the list of addresses alone means both.
  const isForgotten = !spec.clusterIPs?.length || (isOther && equalJson(spec.clusterIPs, old.clusterIPs));
  const clusterIPs = isForgotten ? undefined : spec.clusterIPs;
  const ports = hasNodePorts(spec) && hasNodePorts(old) ? keepNodePorts(spec.ports, old.ports) : spec.ports;
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

/** A port keeps the node's by its name, whatever else of it changes, unless another port asks for that. */
function keepNodePorts(ports: Spec['ports'], old: Spec['ports'] = []): Spec['ports'] {
  const taken = new Set(ports?.map(({ nodePort }) => nodePort));
  return ports?.map((port) => {
    const before = old.findLast(({ name = '' }) => name === (port.name ?? ''))?.nodePort;
    if (port.nodePort || before === undefined || taken.has(before)) return port;
    taken.add(before);
    return { ...port, nodePort: before };
  });
}

function release(spec: Spec, old: Spec): Spec {
  const gone = OWN_FIELDS.flatMap(([has, fields]) =>
    has(old) && !has(spec) ? fields.filter((field) => equalJson(spec[field], old[field])) : [],
  );
  const left = Object.fromEntries(Object.entries(spec).filter(([field]) => !gone.includes(field as keyof Spec))) as Spec;
  if (!hasNodePorts(old) || hasNodePorts(spec) || !left.ports) return left;
  const before = new Set(old.ports?.map(({ nodePort }) => nodePort));
  const isAsked = left.ports.some(({ nodePort }) => nodePort !== undefined && !before.has(nodePort));
  return isAsked ? left : { ...left, ports: left.ports.map(withoutNodePort) };
}

function withoutNodePort(port: ServicePort): ServicePort {
  const { nodePort: _, ...others } = port;
  return others;
}
