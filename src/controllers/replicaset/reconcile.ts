import { equalJson } from '../../base/index.ts';
import {
  controllerOf,
  keyOf,
  matches,
  PODS,
  selectorFrom,
  type KubeObject,
  type ObjectKey,
  type Pod,
  type ReplicaSet,
} from '../../model/index.ts';
import { isActive } from '../../status/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { indexControlled } from '../indexes.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { podOf, podWriter } from '../podwriter.ts';
import { slowStart } from '../slow-start.ts';
import type { ReplicatedKind } from './kinds.ts';
import { decideReplicas } from './replicas.ts';
import { decideStatus, type ReplicaFailure } from './status.ts';

export function replicaSetReconciler({ client, events, clock }: ControllerContext, kind: ReplicatedKind): Reconcile {
  const writer = podWriter(client, events);
  const sets = client.informer(kind.ref);
  const podsBy = indexControlled(client.informer(PODS));
  const setsBy = indexControlled(sets);

  return async (key: ObjectKey): Promise<Outcome> => {
    const found = sets.get(key);
    if (!found) return SETTLED;
    const set = kind.asSet(found);
    const selector = selectorFrom(set.spec.selector) ?? [];
    if (selector.length === 0) return { kind: 'stalled', reason: 'SelectsEverything' };
    const orphans = podsBy.orphans(set.metadata.namespace!).filter(isActive);
    const claims = decideClaims(set, selector, [...podsBy.of(set.metadata.uid!), ...orphans]);
    const pods = await claim({ client, kind: kind.ref, owner: set }, PODS, claims);
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
    const owner = { kind: kind.ref, object: set };
    const { create, remove } = decideReplicas(set.spec.replicas ?? 1, active, () => related(set), clock.now());
    if (create > 0) {
      const pod = podOf(owner, set.spec.template);
      const failed = await slowStart(create, () => writer.create(owner, pod));
      return failed && { reason: 'FailedCreate', ...failed };
    }
    const results = await Promise.allSettled(remove.map((pod) => writer.remove(owner, pod)));
    const failed = results.find((result) => result.status === 'rejected');
    return failed && { reason: 'FailedDelete', error: failed.reason as unknown };
  }

  /** The pods of all sets with the same owner: an old and a new set of one Deployment spread together. */
  function related(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set);
    const siblings: readonly KubeObject[] = owner ? setsBy.of(owner.uid) : [set];
    return siblings.flatMap((sibling) => podsBy.of(sibling.metadata.uid!));
  }

  /** Says how things are after this turn's own writes, for the size that this turn was about: the set may have another by now. */
  async function writeStatus(set: ReplicaSet, failure: ReplicaFailure | undefined): Promise<Outcome> {
    const present = sets.get(keyOf(set));
    if (present?.metadata.uid !== set.metadata.uid) return SETTLED;
    const selector = selectorFrom(set.spec.selector)!;
    const owned = podsBy.of(set.metadata.uid!).filter(({ metadata }) => matches(selector, metadata.labels));
    const decided = decideStatus(set, owned, failure, clock.now());
    const { nextAvailableIn } = decided;
    const status = kind.statusOf(decided.status);
    if (!equalJson(status, present!.status)) await client.updateStatus(kind.ref, { ...present!, status }).catch(ignoreNotFound);
    return nextAvailableIn === undefined ? SETTLED : { kind: 'waiting', afterMs: nextAvailableIn, on: 'minReadySeconds' };
  }
}
