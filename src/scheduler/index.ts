/**
 * Gives pods to nodes. A queue of pods, a snapshot of nodes that every change updates, plugins that are functions of
 * the two, and a binding at the end. It talks to nothing but the client.
 */
export { chooseNode, enough, type Choice, type Draw } from './choose.ts';
export { explain, type Diagnosis } from './diagnosis.ts';
export type { NodeView } from './nodeview.ts';
export { FITS, nodeFilter, refusal, type Cure, type Filter, type Plugins, type Score, type Verdict } from './plugin.ts';
export { DEFAULT_PLUGINS } from './plugins/index.ts';
export { viewPod, type PodView } from './podview.ts';
export { SCHEDULER_READS, startScheduler, type Scheduler, type SchedulerCounts, type SchedulerOptions } from './scheduler.ts';
export { ClusterSnapshot, type Snapshot } from './snapshot.ts';
