import type { Endpoint, EndpointSlice, Pod, Service } from '../../model/index.ts';
import { isReady, isTerminal, isTerminating } from '../../status/index.ts';

export type Family = EndpointSlice['addressType'];

export const ZONE = 'topology.kubernetes.io/zone';

/** The zone of a node, by its name. */
export type ZoneOf = (node: string) => string | undefined;

/** Where the pod can be reached; undefined while it cannot. */
export function endpointOf(service: Service, pod: Pod, family: Family, zoneOf: ZoneOf): Endpoint | undefined {
  if (isTerminal(pod)) return undefined;
  const addresses = addressesOf(pod).filter((address) => familyOf(address) === family);
  if (addresses.length === 0) return undefined;
  const { name, namespace, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const conditions = conditionsOf(service, pod);
  const zone = nodeName ? zoneOf(nodeName) : undefined;
  const hints = conditions?.ready ? hintsOf(service, nodeName, zone) : undefined;
  return {
    addresses,
    conditions,
    ...(hostname && subdomain === service.metadata.name ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints ? { hints } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

/** A pod on its way out is never ready, though it may still serve; some Services want their pods' addresses in any case. */
function conditionsOf(service: Service, pod: Pod): Endpoint['conditions'] {
  const serving = isReady(pod);
  const terminating = isTerminating(pod);
  const ready = (service.spec.publishNotReadyAddresses ?? false) || (serving && !terminating);
  return { ready, serving, terminating };
}

/** For whom the endpoint is near, where the Service asks that near ones be preferred. */
function hintsOf({ spec }: Service, node: string | undefined, zone: string | undefined): Endpoint['hints'] {
  if (!spec.trafficDistribution) return undefined;
  const forZones = zone ? { forZones: [{ name: zone }] } : undefined;
  if (spec.trafficDistribution !== 'PreferSameNode' || !node) return forZones;
  return { forNodes: [{ name: node }], ...forZones };
}

export function addressesOf({ status }: Pod): readonly string[] {
  const all = status?.podIPs?.map(({ ip }) => ip) ?? [];
  return all.length > 0 ? all : status?.podIP ? [status.podIP] : [];
}

export const familyOf = (address: string): Family => (address.includes(':') ? 'IPv6' : 'IPv4');

/** The families in which the Service is served. */
export function familiesOf({ spec }: Service): readonly Family[] {
  if (spec.ipFamilies?.length) return spec.ipFamilies;
  const addresses = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((address) => address && address !== 'None');
  return addresses.length > 0 ? [...new Set(addresses.map(familyOf))] : ['IPv4'];
}
