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
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { podOf, podWriter } from '../podwriter.ts';
import { rejectionsOf, type Rejections } from '../rejections.ts';
import { slowStart } from '../slow-start.ts';
import type { ReplicatedKind } from './kinds.ts';
import { decideReplicas } from './replicas.ts';
import { decideStatus, type ReplicaFailure } from './status.ts';

interface Managed {
  readonly failure?: ReplicaFailure | undefined;
  readonly rejections?: Rejections | undefined;
}

const NOTHING: Managed = {};

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
    const { failure, rejections } = set.metadata.deletionTimestamp ? NOTHING : await manage(set, pods);
    if (failure && isNamespaceTerminating(failure.error)) {
      await writeStatus(set, NOTHING);
      return { kind: 'stalled', reason: 'NamespaceTerminating' };
    }
    const outcome = await writeStatus(set, { failure, rejections });
    if (failure) throw failure.error;
    return outcome;
  };

  async function manage(set: ReplicaSet, pods: readonly Pod[]): Promise<Managed> {
    const owner = { kind: kind.ref, object: set };
    const want = set.spec.replicas ?? 1;
    const { create, remove } = decideReplicas(want, pods.filter(isActive), () => related(set), clock.now());
    const rejections = rejectionsOf(pods, want, clock.now());
    if (create > 0) {
      if (rejections && rejections.pauseMs > 0) {
        const hint = 'the next one is made after a while, or at once when the rejected ones are deleted';
        events.event(owner, 'Warning', 'PodsRejected', `${rejections.message}; ${hint}`);
        return { rejections };
      }
      const pod = podOf(owner, set.spec.template);
      const failed = await slowStart(create, () => writer.create(owner, pod));
      return { failure: failed && { reason: 'FailedCreate', ...failed }, rejections };
    }
    const results = await Promise.allSettled(remove.map((pod) => writer.remove(owner, pod)));
    const failed = results.find((result) => result.status === 'rejected');
    return { failure: failed && { reason: 'FailedDelete', error: failed.reason as unknown }, rejections };
  }

  /** The pods of all sets with the same owner: an old and a new set of one Deployment spread together. */
  function related(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set);
    const siblings: readonly KubeObject[] = owner ? setsBy.of(owner.uid) : [set];
    return siblings.flatMap((sibling) => podsBy.of(sibling.metadata.uid!));
  }

  /** Says how things are after this turn's own writes, for the size that this turn was about: the set may have another by now. */
  async function writeStatus(set: ReplicaSet, { failure, rejections }: Managed): Promise<Outcome> {
    const present = sets.get(keyOf(set));
    if (present?.metadata.uid !== set.metadata.uid) return SETTLED;
    const selector = selectorFrom(set.spec.selector)!;
    const owned = podsBy.of(set.metadata.uid!).filter(({ metadata }) => matches(selector, metadata.labels));
    const rejected = rejections && ({ reason: 'PodsRejected', error: rejections.message } as const);
    const decided = decideStatus(set, owned, failure ?? rejected, clock.now());
    const { nextAvailableIn } = decided;
    const status = kind.statusOf(decided.status);
    if (!equalJson(status, present!.status)) await client.updateStatus(kind.ref, { ...present!, status }).catch(ignoreNotFound);
    return lookAgain([nextAvailableIn, rejections?.pauseMs || undefined], 'minReadySeconds or back-off');
  }
}
