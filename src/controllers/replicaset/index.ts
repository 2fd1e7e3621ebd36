/** Keeps as many pods of one template as a ReplicaSet, or the older ReplicationController, asks for. */
export { replicaSetController, replicationController } from './controller.ts';
export { decideReplicas, type ReplicaDecision } from './replicas.ts';
export { decideStatus } from './status.ts';
