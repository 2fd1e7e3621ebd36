/** Keeps as many pods of one template as a ReplicaSet asks for. */
export { replicaSetController } from './controller.ts';
export { decideReplicas, type ReplicaDecision } from './replicas.ts';
export { decideStatus } from './status.ts';
