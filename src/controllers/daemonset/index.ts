/** Runs one pod of a template on every node that it fits. */
export { daemonSetController } from './controller.ts';
export { decideDaemonSet, type DaemonDecision, type DaemonState } from './decide.ts';
export { placementOf, type Placement } from './placement.ts';
