import { canonicalJson } from '../../base/index.ts';
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../model/index.ts';
import { isReady, isTerminal, isTerminating } from '../../status/index.ts';
import { addressesOf, familiesOf, familyOf } from '../endpointslice/endpoint.ts';
import { portsReader } from '../endpointslice/ports.ts';
import { compareTexts } from '../order.ts';
import { withoutEmpty } from './capacity.ts';

/** Where a pod is found. */
interface Place {
  readonly address: EndpointAddress;
  readonly isReady: boolean;
}

/** Pods that serve the same ports. */
interface Group {
  readonly ports: readonly EndpointPort[];
  readonly places: Place[];
}

/** Ports that the same pods serve are one subset; pods that are not ready are told apart. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const groups = new Map<readonly EndpointPort[], Group>();
  const portsOf = portsReader(service);
  for (const pod of pods) {
    const ports = portsOf(pod);
    const lacksPorts = ports.length === 0 && (service.spec.ports?.length ?? 0) > 0;
    const place = lacksPorts ? undefined : placeOf(service, pod);
    if (!place) continue;
    const group = groups.get(ports);
    if (group) group.places.push(place);
    else groups.set(ports, { ports, places: [place] });
  }
  return repacked([...groups.values()])
    .toSorted((a, b) => compareTexts(canonicalJson(a.ports), canonicalJson(b.ports)))
    .map(({ ports, places }) => subsetOf(ports, places));
}

/** A port that some pods have and others lack stands apart, once, with all that have it. */
function repacked(groups: readonly Group[]): readonly Group[] {
  if (groups.length <= 1) return groups;
  const offers = groups.flatMap(({ ports }, group) => ports.map((port) => ({ port, group, key: canonicalJson(port) })));
  const byPort = Map.groupBy(offers, ({ key }) => key);
  const byServers = Map.groupBy(byPort.values(), (all) => all.map(({ group }) => group).join());
  return [...byServers.values()].map((ports) => ({
    ports: ports.map(([offer]) => offer!.port),
    places: ports[0]!.flatMap(({ group }) => groups[group]!.places),
  }));
}

function subsetOf(served: readonly EndpointPort[], places: readonly Place[]): EndpointSubset {
  const addresses = (ready: boolean) =>
    places
      .filter((place) => place.isReady === ready)
      .map(({ address }) => address)
      .toSorted((a, b) => compareTexts(a.ip, b.ip));
  const ports = served.map(({ name, port, ...rest }) => ({ ...(name ? { name } : {}), port: port!, ...rest }));
  return withoutEmpty({ addresses: addresses(true), notReadyAddresses: addresses(false), ports });
}

/** Where the Service finds the pod; undefined for one that can serve nobody. */
function placeOf(service: Service, pod: Pod): Place | undefined {
  const wantsAll = service.spec.publishNotReadyAddresses ?? false;
  if (isTerminal(pod) || (isTerminating(pod) && !wantsAll)) return undefined;
  const [family] = familiesOf(service);
  const ip = addressesOf(pod).find((address) => familyOf(address) === family);
  if (!ip) return undefined;
  const { name, namespace, uid } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const isNamed = hostname && subdomain === service.metadata.name;
  return {
    address: {
      ip,
      ...(isNamed ? { hostname } : {}),
      ...(nodeName ? { nodeName } : {}),
      targetRef: { kind: 'Pod', namespace, name, uid },
    },
    isReady: wantsAll || isReady(pod),
  };
}
