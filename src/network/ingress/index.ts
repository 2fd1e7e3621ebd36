/** Requests by host and path: what Ingresses of the class `slipway` say, served on ports of the machine. */
export { CONTROLLER } from './cluster.ts';
export type { Served } from './proxy.ts';
export { startIngress, type IngressOptions, type IngressService } from './start.ts';
