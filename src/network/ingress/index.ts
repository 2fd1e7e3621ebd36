/** Requests by host and path: what Ingresses of the class `slipway` say, served on ports of the machine. */
export { AccessLog } from './accesslog.ts';
export { CONTROLLER } from './classes.ts';
export { IngressCounts } from './counts.ts';
export { startIngress, type NeededIngressOptions } from './needed.ts';
export type { Served } from './proxy.ts';
export type { DoorPlace, IngressService, OpenDoor } from './start.ts';
