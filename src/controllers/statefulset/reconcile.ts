import { equalJson, type Millis } from '../../base/index.ts';
import {
  PODS,
  selectorFrom,
  STATEFUL_SETS,
  type ObjectKey,
  type Selector,
  type StatefulSet,
  type StatefulSetStatus,
} from '../../model/index.ts';
import { isTerminating, wasRejected } from '../../status/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { Failures } from '../failures.ts';
import { historian, surplusRevisions, templateOf, type RevisionWish } from '../history/index.ts';
import { indexControlled } from '../indexes.ts';
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { rejectionMessage } from '../rejections.ts';
import { slowStart } from '../slow-start.ts';
import { decideStatefulSet, type StatefulDecision, type StatefulState } from './decide.ts';
import { ordinalOf, revisionOf, statefulPod } from './identity.ts';
import { membersOf } from './members.ts';
import { ClaimLeavingError, statefulWriter } from './podwriter.ts';
import { decideStatefulStatus } from './status.ts';

/** By the name of a revision. */
type Templates = ReadonlyMap<string, StatefulSet['spec']['template']>;

export function statefulSetReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const sets = client.informer(STATEFUL_SETS);
  const podsBy = indexControlled(client.informer(PODS));
  const writer = statefulWriter(client, events);
  const history = historian(client, STATEFUL_SETS);
  const rejections = new Failures(clock);

  return async (key: ObjectKey): Promise<Outcome> => {
    const set = sets.get(key);
    if (!set) return SETTLED;
    const selector = selectorFrom(set.spec.selector) ?? [];
    if (selector.length === 0) return refuse(set);
    try {
      return await move(set, selector);
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      // The set is looked at again when the claim has gone.
      if (error instanceof ClaimLeavingError) return SETTLED;
      throw error;
    }
  };

  async function move(set: StatefulSet, selector: Selector): Promise<Outcome> {
    const kept = await history.keep(wishOf(set), set.spec.selector);
    if (kept === 'collision') {
      await writeStatus(set, { ...set.status!, collisionCount: (set.status?.collisionCount ?? 0) + 1 });
      return SETTLED;
    }
    const orphans = podsBy.orphans(set.metadata.namespace!).filter((pod) => ordinalOf(set, pod) !== undefined);
    const claims = decideClaims(set, selector, [...podsBy.of(set.metadata.uid!), ...orphans]);
    const pods = await claim({ client, kind: STATEFUL_SETS, owner: set }, PODS, claims);
    const update = kept.update.metadata.name;
    const isKept = kept.revisions.some(({ metadata }) => metadata.name === set.status?.currentRevision);
    const current = isKept ? set.status!.currentRevision! : update;
    const templates = new Map(kept.revisions.map((revision) => [revision.metadata.name, templateOf(revision)]));
    const state = (): StatefulState => ({ set, pods: podsBy.of(set.metadata.uid!), current, update, now: clock.now() });
    const decision = decideStatefulSet({ ...state(), pods });
    const { again, waits } = sift(set, decision, update);
    const failure = await act(set, pods, { ...decision, remove: [...again, ...decision.remove] }, templates);
    const status = decideStatefulStatus(state());
    await writeStatus(set, status);
    const used = new Set([status.currentRevision, update, current, ...pods.map(revisionOf)]);
    const surplus = surplusRevisions(kept.revisions, ({ metadata }) => used.has(metadata.name), set.spec.revisionHistoryLimit ?? 10);
    await history.remove(surplus);
    if (failure) throw failure.error;
    return lookAgain([decision.lookAgainIn, ...waits], 'minReadySeconds or back-off');
  }

  /** Which of the ended pods are made again now: one that its node rejects stays longer each time, as long as the template is the same. */
  function sift(set: StatefulSet, { ended }: StatefulDecision, update: string) {
    const waits: Millis[] = [];
    const again = ended.filter((pod) => {
      const wait = wasRejected(pod) ? rejections.wait(`${pod.metadata.name}/${set.metadata.uid}/${update}`) : 0;
      if (wait === 0) return true;
      waits.push(wait);
      const hint = 'it is made again after a while, or at once when it is deleted';
      events.event({ kind: STATEFUL_SETS, object: set }, 'Warning', 'PodsRejected', `${rejectionMessage(pod)}; ${hint}`);
      return false;
    });
    return { again, waits };
  }

  async function act(set: StatefulSet, pods: StatefulState['pods'], decision: StatefulDecision, templates: Templates) {
    const missing = decision.create.map(({ ordinal, revision }) => statefulPod(set, ordinal, templates.get(revision)!, revision));
    const refused = await slowStart(missing.length, () => writer.create(set, missing.shift()!));
    if (refused) return refused;
    try {
      if (!set.metadata.deletionTimestamp) await tend(set, pods);
      for (const pod of decision.remove) await writer.remove(set, pod);
    } catch (error) {
      return { error };
    }
  }

  /** What is there keeps what belongs to it. */
  async function tend(set: StatefulSet, pods: StatefulState['pods']): Promise<void> {
    const { wanted, condemned } = membersOf(set, pods);
    for (const { pod } of wanted) {
      if (!pod) continue;
      if (!isTerminating(pod)) await writer.mend(set, pod);
      await writer.bindClaims(set, pod, false);
    }
    for (const { pod } of condemned) await writer.bindClaims(set, pod, true);
  }

  async function writeStatus(set: StatefulSet, status: StatefulSetStatus): Promise<void> {
    if (!equalJson(status, set.status)) await client.updateStatus(STATEFUL_SETS, { ...set, status }).catch(ignoreNotFound);
  }

  function refuse(set: StatefulSet): Outcome {
    const message = 'This StatefulSet is selecting all pods. A non-empty selector is required.';
    events.event({ kind: STATEFUL_SETS, object: set }, 'Warning', 'SelectingAll', message);
    return { kind: 'stalled', reason: 'SelectsEverything' };
  }
}

const HASH_LABEL = 'controller.kubernetes.io/hash';

function wishOf(set: StatefulSet): RevisionWish {
  const { template } = set.spec;
  const collisions = set.status?.collisionCount ?? 0;
  return { kind: STATEFUL_SETS, owner: set, template, labels: template.metadata?.labels ?? {}, hashLabel: HASH_LABEL, collisions };
}
