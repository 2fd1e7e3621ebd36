/** Notices that a node no longer speaks, says so in its conditions, and taints it: at first against new pods, then against all. */
export { nodeLifecycleController } from './controller.ts';
export { decideConditions, GRACE } from './conditions.ts';
export { decideTaints } from './taints.ts';
export { evictionInterval } from './zones.ts';
