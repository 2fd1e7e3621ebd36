import { keyOf, SERVICE_NAME_LABEL } from '../model/index.ts';
import type { Endpoint, EndpointSlice, ObjectKey, Protocol, Service, ServicePort } from '../model/index.ts';
import { isLoopback } from './addresses.ts';

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** What listens where: unique among all routes. `TCP 127.96.0.10:80`. */
export type RouteId = string;

/** One address and port of a Service, and where its connections go. Plain data: a relay opens it, a firewall compiles it. */
export interface Route extends Target {
  readonly id: RouteId;
  readonly protocol: Protocol;
  readonly service: ObjectKey;
  readonly through: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalIP';
  /** How long a client stays with its endpoint after its last connection; undefined: it does not. */
  readonly affinityMs: number | undefined;
  /** The networks from which it is reached; undefined: all. */
  readonly sources?: readonly string[];
  /** The endpoint sees where its client is. */
  readonly keepsSource?: boolean;
  /** In the order of their addresses, none twice. Empty: connections are refused. */
  readonly endpoints: readonly Target[];
}

export interface RouteOptions {
  /** The addresses of this machine on which Services are reached by others than its pods. */
  readonly nodePortAddresses?: readonly string[];
  /** For Services that keep to their node; without it every endpoint counts as one of this node. */
  readonly nodeName?: string;
}

/** Says that somebody else carries the connections of a Service. */
export const SERVED_BY_OTHERS_LABEL = 'service.kubernetes.io/service-proxy-name';

const DEFAULT_AFFINITY_SECONDS = 10_800;
/** Where others reach Services when nothing else is said. */
export const LOOPBACK: readonly string[] = ['127.0.0.1'];

export function routesOf(services: readonly Service[], slices: readonly EndpointSlice[], options: RouteOptions = {}): readonly Route[] {
  const byService = Map.groupBy(slices, serviceOf);
  return services.flatMap((service) => routesOfService(service, byService.get(keyOf(service)) ?? [], options));
}

/** The Service that a slice belongs to. */
export function serviceOf({ metadata }: EndpointSlice): ObjectKey | undefined {
  const name = metadata.labels?.[SERVICE_NAME_LABEL];
  return name && `${metadata.namespace}/${name}`;
}

/** `slices` are those of this Service. */
export function routesOfService(service: Service, slices: readonly EndpointSlice[], options: RouteOptions = {}): readonly Route[] {
  const addresses = clusterAddresses(service);
  if (addresses.length === 0 || service.metadata.labels?.[SERVED_BY_OTHERS_LABEL] !== undefined) return [];
  const inside = endpointsNear(slices, service.spec.internalTrafficPolicy, options);
  const outside = endpointsNear(slices, service.spec.externalTrafficPolicy, options);
  const entries = entriesFromOutside(service, options);
  return (service.spec.ports ?? []).flatMap((port) => [
    ...addresses.map((address) => route(service, port, 'ClusterIP', { address, port: port.port }, inside)),
    ...entries.flatMap(({ through, address }) => {
      const number = through === 'NodePort' ? port.nodePort : port.port;
      return number ? [route(service, port, through, { address, port: number }, outside)] : [];
    }),
  ]);
}

interface Entry {
  readonly through: Exclude<Route['through'], 'ClusterIP'>;
  readonly address: string;
}

/** One address listens for one reason only: two routes of the same Service are never the same. */
function entriesFromOutside({ spec }: Service, { nodePortAddresses = LOOPBACK }: RouteOptions): readonly Entry[] {
  const { type, externalIPs = [] } = spec;
  const balanced = type === 'LoadBalancer' && spec.loadBalancerClass === undefined ? nodePortAddresses : [];
  const external = externalIPs.filter((address) => mayListen(address, nodePortAddresses) && !balanced.includes(address));
  return [
    ...(type === 'NodePort' || type === 'LoadBalancer' ? nodePortAddresses : []).map((address) => ({
      through: 'NodePort' as const,
      address,
    })),
    ...balanced.map((address) => ({ through: 'LoadBalancer' as const, address })),
    ...external.map((address) => ({ through: 'ExternalIP' as const, address })),
  ];
}

/** External addresses that nobody listens on, because this machine was not told to. */
export function closedAddresses({ spec }: Service, { nodePortAddresses = LOOPBACK }: RouteOptions = {}): readonly string[] {
  return (spec.externalIPs ?? []).filter((address) => !mayListen(address, nodePortAddresses));
}

const mayListen = (address: string, allowed: readonly string[]) => isLoopback(address) || allowed.includes(address);

/** A Service may want to be served only by what runs on the node where the client comes in. */
function endpointsNear(slices: readonly EndpointSlice[], policy: string | undefined, { nodeName }: RouteOptions): readonly EndpointSlice[] {
  if (policy !== 'Local' || nodeName === undefined) return slices;
  return slices.map((slice) => ({ ...slice, endpoints: slice.endpoints.filter((endpoint) => endpoint.nodeName === nodeName) }));
}

/** None for a headless Service, one that has no address yet, and one that is only a name. */
export function clusterAddresses({ spec }: Service): readonly string[] {
  if (spec.type === 'ExternalName') return [];
  return (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter((address) => address !== '' && address !== 'None');
}

function route(service: Service, port: ServicePort, through: Route['through'], listen: Target, slices: readonly EndpointSlice[]): Route {
  const { protocol = 'TCP' } = port;
  const { sessionAffinity, sessionAffinityConfig, loadBalancerSourceRanges } = service.spec;
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS;
  return {
    id: `${protocol} ${formatTarget(listen)}`,
    protocol,
    service: keyOf(service),
    through,
    ...listen,
    ...(through === 'LoadBalancer' && loadBalancerSourceRanges?.length ? { sources: loadBalancerSourceRanges } : {}),
    ...(through !== 'ClusterIP' && service.spec.externalTrafficPolicy === 'Local' ? { keepsSource: true } : {}),
    affinityMs: sessionAffinity === 'ClientIP' ? seconds * 1000 : undefined,
    endpoints: targetsOf(port, isIPv6(listen.address) ? 'IPv6' : 'IPv4', slices),
  };
}

export function formatTarget({ address, port }: Target): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function isIPv6(address: string): boolean {
  return address.includes(':');
}

/** Where a port of a Service leads, whatever the family of the addresses. */
export function endpointsOf(port: ServicePort, slices: readonly EndpointSlice[]): readonly Target[] {
  return [...targetsOf(port, 'IPv4', slices), ...targetsOf(port, 'IPv6', slices)];
}

/** The ready endpoints; when there is none, those that end but still serve. */
function targetsOf(port: ServicePort, family: EndpointSlice['addressType'], slices: readonly EndpointSlice[]): readonly Target[] {
  const all = slices.filter((slice) => slice.addressType === family).flatMap((slice) => placesOf(slice, port));
  const ready = all.filter(({ endpoint }) => endpoint.conditions?.ready ?? true);
  return distinct(ready.length > 0 ? ready : all.filter(({ endpoint }) => isServingToTheEnd(endpoint)));
}

function isServingToTheEnd({ conditions }: Endpoint): boolean {
  return Boolean(conditions?.serving && conditions.terminating);
}

interface Place {
  readonly endpoint: Endpoint;
  readonly target: Target;
}

/** Slices name their ports as the Service does; which number that is differs from pod to pod. */
function placesOf(slice: EndpointSlice, { name = '', protocol = 'TCP' }: ServicePort): readonly Place[] {
  const numbers = (slice.ports ?? [])
    .filter((port) => (port.name ?? '') === name && (port.protocol ?? 'TCP') === protocol)
    .flatMap((port) => port.port ?? []);
  return slice.endpoints.flatMap((endpoint) =>
    endpoint.addresses.slice(0, 1).flatMap((address) => numbers.map((port) => ({ endpoint, target: { address, port } }))),
  );
}

function distinct(places: readonly Place[]): readonly Target[] {
  const byText = new Map(places.map(({ target }) => [formatTarget(target), target]));
  return [...byText].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, target]) => target);
}
