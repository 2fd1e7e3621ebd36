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

/** Pods that serve the same ports are one subset; those that are not ready are told apart. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const groups = new Map<readonly EndpointPort[], Place[]>();
  const portsOf = portsReader(service);
  for (const pod of pods) {
    const ports = portsOf(pod);
    const lacksPorts = ports.length === 0 && (service.spec.ports?.length ?? 0) > 0;
    const place = lacksPorts ? undefined : placeOf(service, pod);
    if (!place) continue;
    const group = groups.get(ports);
    if (group) group.push(place);
    else groups.set(ports, [place]);
  }
  return [...groups]
    .toSorted(([a], [b]) => compareTexts(canonicalJson(a), canonicalJson(b)))
    .map(([ports, places]) => subsetOf(ports, places));
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
