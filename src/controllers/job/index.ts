/**
 * Runs pods until so many have succeeded. A pod that has ended is counted once: it keeps a finalizer until it is listed in
 * the job's status, and moves from the list into the count when the finalizer is gone.
 */
export { jobController } from './controller.ts';
export { decidePods, type NewPod, type PodDecision } from './pods.ts';
export { decideStatus, type StatusDecision } from './status.ts';
export { viewJob, type JobView } from './view.ts';
