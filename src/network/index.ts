/**
 * How pods are reached. A pure table turns Services and EndpointSlices into routes; a data plane carries them: today a
 * relay on loopback addresses, which needs neither root nor anything installed.
 */
export type { DataPlane, Listener } from './dataplane.ts';
export { createRelay, type RelayOptions } from './relay.ts';
export { formatTarget, routesOf, routesOfService, type Route, type RouteId, type RouteOptions, type Target } from './routes.ts';
export { startServiceProxy, type ServiceProxy, type ServiceProxyOptions } from './serviceproxy.ts';
