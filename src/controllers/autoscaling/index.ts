/** Scales a workload by what its pods use. */
export { autoscalerController } from './controller.ts';
export { limitRate, stabilize, type ScaleHistory } from './behavior.ts';
export { proposeReplicas, type Goal, type PodUsage } from './replicas.ts';
