/**
 * How pods are reached. A pure table turns Services and EndpointSlices into routes; a data plane carries them: the kernel
 * where the machine permits it, else a relay on loopback addresses, which needs neither root nor anything installed.
 */
export * from './dns/index.ts';
export * from './ingress/index.ts';
export { isLoopback, machineAddresses, reachableAddress } from './addresses.ts';
export { removeTable } from './nftables/open.ts';
export { openPlane, whenOpened, type OpenedPlane, type PlaneOptions, type ProxyMode } from './planes.ts';
export type { DataPlane, Listener } from './dataplane.ts';
export { createRelay, type RelayOptions } from './relay.ts';
export {
  formatTarget,
  routesOf,
  routesOfService,
  SERVED_BY_OTHERS_LABEL,
  type Route,
  type RouteId,
  type RouteOptions,
  type Target,
} from './routes.ts';
export { startServiceProxy, type ServiceProxy, type ServiceProxyOptions } from './serviceproxy.ts';
