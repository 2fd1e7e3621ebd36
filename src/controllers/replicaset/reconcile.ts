import { equalJson, messageOf } from '../../base/index.ts';
import { controllerOf, keyOf, PODS, REPLICA_SETS, selectorFrom, type ObjectKey, type Pod, type ReplicaSet } from '../../model/index.ts';
import { isActive } from '../../status/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { podOf } from './pod.ts';
import { decideReplicas } from './replicas.ts';
import { slowStart } from './slow-start.ts';
import { decideStatus, type ReplicaFailure } from './status.ts';

export function replicaSetReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const sets = client.informer(REPLICA_SETS);
  const podsBy = indexControlled(client.informer(PODS));
  const setsBy = indexControlled(sets);

  return async (key: ObjectKey): Promise<Outcome> => {
    const set = sets.get(key);
    if (!set) return SETTLED;
    const selector = selectorFrom(set.spec.selector) ?? [];
    if (selector.length === 0) return { kind: 'stalled', reason: 'SelectsEverything' };
    const orphans = podsBy.orphans(set.metadata.namespace!).filter(isActive);
    const claims = decideClaims(set, selector, [...podsBy.of(set.metadata.uid!), ...orphans]);
    const pods = await claim({ client, kind: REPLICA_SETS, owner: set }, PODS, claims);
    const failure = set.metadata.deletionTimestamp ? undefined : await manage(set, pods.filter(isActive));
    if (failure && isNamespaceTerminating(failure.error)) {
      await writeStatus(set, undefined);
      return { kind: 'stalled', reason: 'NamespaceTerminating' };
    }
    const outcome = await writeStatus(set, failure);
    if (failure) throw failure.error;
    return outcome;
  };

  async function manage(set: ReplicaSet, active: readonly Pod[]): Promise<ReplicaFailure | undefined> {
    const { create, remove } = decideReplicas(set.spec.replicas ?? 1, active, () => related(set));
    if (create > 0) {
      const failed = await slowStart(create, () => createPod(set));
      return failed && { reason: 'FailedCreate', ...failed };
    }
    const results = await Promise.allSettled(remove.map((pod) => deletePod(set, pod)));
    const failed = results.find((result) => result.status === 'rejected');
    return failed && { reason: 'FailedDelete', error: failed.reason as unknown };
  }

  /** The pods of all sets with the same owner: an old and a new set of one Deployment spread together. */
  function related(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set);
    const siblings = owner ? setsBy.of(owner.uid) : [set];
    return siblings.flatMap((sibling) => podsBy.of(sibling.metadata.uid!));
  }

  async function createPod(set: ReplicaSet): Promise<void> {
    try {
      const pod = await client.create(PODS, podOf(set));
      events.event({ kind: REPLICA_SETS, object: set }, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        events.event({ kind: REPLICA_SETS, object: set }, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      }
      throw error;
    }
  }

  async function deletePod(set: ReplicaSet, pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    try {
      await client.delete({ kind: PODS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
      events.event({ kind: REPLICA_SETS, object: set }, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
    } catch (error) {
      events.event({ kind: REPLICA_SETS, object: set }, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Says how things are after this turn's own writes, for the size that this turn was about: the set may have another by now. */
  async function writeStatus(set: ReplicaSet, failure: ReplicaFailure | undefined): Promise<Outcome> {
    const present = sets.get(keyOf(set));
    if (present?.metadata.uid !== set.metadata.uid) return SETTLED;
    const { owned } = decideClaims(set, selectorFrom(set.spec.selector)!, podsBy.of(set.metadata.uid!));
    const { status, nextAvailableIn } = decideStatus(set, owned, failure, clock.now());
    if (!equalJson(status, present!.status)) await client.updateStatus(REPLICA_SETS, { ...present!, status }).catch(ignoreNotFound);
    return nextAvailableIn === undefined ? SETTLED : { kind: 'waiting', afterMs: nextAvailableIn, on: 'minReadySeconds' };
  }
}
