/** Runs pods that keep their name and their claims, one after the other. */
export { statefulSetController } from './controller.ts';
export { decideStatefulSet, type StatefulDecision, type StatefulState } from './decide.ts';
export { ordinalOf } from './identity.ts';
export { decideStatefulStatus } from './status.ts';
