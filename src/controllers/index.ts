/**
 * What Kubernetes' controller manager does. Each controller reads and writes objects through one client, never another
 * controller: a pure decision from values to values, and a thin shell that acts on it, on one shared loop.
 */
export type { SignCertificate } from './certificates/index.ts';
export { chosenControllers, startControllers, type ControllersOptions } from './start.ts';
export type { Controller, ControllerContext, Outcome, Reconcile, ServedKinds, StallReason } from './loop.ts';
export { QueueCounts, type LoopMetrics } from './metrics.ts';
export type { LocalVolumes } from './volumes/index.ts';
