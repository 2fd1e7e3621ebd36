import {
  REPLICA_SETS,
  REPLICATION_CONTROLLERS,
  type KindRef,
  type ReplicaSet,
  type ReplicaSetStatus,
  type ReplicationController,
} from '../../model/index.ts';

type Replicated = ReplicaSet | ReplicationController;

/** A kind that keeps so many pods of one template, seen as ReplicaSets. */
export interface ReplicatedKind {
  readonly ref: KindRef<Replicated>;
  asSet(object: Replicated): ReplicaSet;
  /** What of a set's status the kind has. */
  statusOf(status: ReplicaSetStatus): ReplicaSetStatus;
}

export const SETS: ReplicatedKind = { ref: REPLICA_SETS, asSet: (object) => object as ReplicaSet, statusOf: (status) => status };

/** The older form: its selector is a map of labels, and it does not count what is on its way out. */
export const CONTROLLERS: ReplicatedKind = {
  ref: REPLICATION_CONTROLLERS as KindRef<Replicated>,
  asSet: (object) => {
    const { selector, template, ...spec } = (object as ReplicationController).spec;
    return {
      ...object,
      spec: { ...spec, selector: { matchLabels: selector ?? template?.metadata?.labels ?? {} }, template: template! },
    } as ReplicaSet;
  },
  statusOf: (status) => {
    const { terminatingReplicas: _, ...counted } = status;
    return counted;
  },
};
