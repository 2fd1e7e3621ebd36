import { equalJson, type Millis } from '../../base/index.ts';
import {
  DAEMON_SETS,
  NODES,
  PODS,
  selectorFrom,
  type DaemonSet,
  type DaemonSetStatus,
  type ObjectKey,
  type Pod,
} from '../../model/index.ts';
import { claim, decideClaims, ignoreNotFound } from '../claims.ts';
import { Failures } from '../failures.ts';
import { historian, type RevisionWish } from '../history/index.ts';
import { indexControlled } from '../indexes.ts';
import { lookAgain, SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { podWriter } from '../podwriter.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { slowStart } from '../slow-start.ts';
import { decideDaemonSet, type DaemonDecision } from './decide.ts';
import { daemonPod, HASH_LABEL, nodeOf } from './newpod.ts';
import { surplusOf } from './surplus.ts';

const BURST = 250;

export function daemonSetReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const sets = client.informer(DAEMON_SETS);
  const nodes = client.informer(NODES);
  const podsBy = indexControlled(client.informer(PODS));
  const writer = podWriter(client, events);
  const history = historian(client, DAEMON_SETS);
  const failures = new Failures(clock);

  return async (key: ObjectKey): Promise<Outcome> => {
    const set = sets.get(key);
    if (!set) return SETTLED;
    const selector = selectorFrom(set.spec.selector) ?? [];
    if (selector.length === 0) return refuse(set);
    try {
      return await move(set, selector);
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      throw error;
    }
  };

  async function move(set: DaemonSet, selector: NonNullable<ReturnType<typeof selectorFrom>>): Promise<Outcome> {
    const kept = await history.keep(wishOf(set), set.spec.selector);
    if (kept === 'collision') {
      await writeStatus(set, { ...set.status!, collisionCount: (set.status?.collisionCount ?? 0) + 1 });
      return SETTLED;
    }
    const candidates = [...podsBy.of(set.metadata.uid!), ...podsBy.orphans(set.metadata.namespace!)];
    const pods = await claim({ client, kind: DAEMON_SETS, owner: set }, PODS, decideClaims(set, selector, candidates));
    const state = () => ({ set, nodes: nodes.list(), pods: podsBy.of(set.metadata.uid!), hash: kept.hash, now: clock.now() });
    const decision = decideDaemonSet({ ...state(), pods });
    const failed = await act(set, kept.hash, decision);
    const { status, lookAgainIn } = decideDaemonSet(state());
    await writeStatus(set, status);
    await history.remove(surplusOf(set, kept.hash, kept.revisions, pods));
    if (failed.error) throw failed.error.error;
    return lookAgain([lookAgainIn, failed.retryIn], 'minReadySeconds or back-off');
  }

  async function act(set: DaemonSet, hash: string, { create, remove, ended }: DaemonDecision) {
    const owner = { kind: DAEMON_SETS, object: set };
    const waits: Millis[] = [];
    const replaced = ended.filter((pod) => {
      const wait = pod.status?.phase === 'Failed' ? failures.wait(`${set.metadata.uid}/${nodeOf(pod)}`) : 0;
      if (wait > 0) waits.push(wait);
      return wait === 0;
    });
    for (const pod of replaced) tellOfEnd(set, pod);
    const removals = await Promise.allSettled([...remove, ...replaced].slice(0, BURST).map((pod) => writer.remove(owner, pod)));
    const rejected = removals.find((result) => result.status === 'rejected');
    const left = create.slice(0, BURST);
    const refused = await slowStart(left.length, () => writer.create(owner, daemonPod(set, left.shift()!, hash)));
    const error = refused ?? (rejected && { error: rejected.reason as unknown });
    return { error, retryIn: waits.length > 0 ? Math.min(...waits) : undefined };
  }

  function tellOfEnd(set: DaemonSet, { metadata: { name, namespace }, status, spec }: Pod): void {
    const about = { kind: DAEMON_SETS, object: set };
    const where = `${namespace}/${name} on node ${spec.nodeName ?? ''}`;
    if (status?.phase === 'Failed')
      events.event(about, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${where}, will try to kill it`);
    else events.event(about, 'Normal', 'SucceededDaemonPod', `Found succeeded daemon pod ${where}, will try to delete it`);
  }

  async function writeStatus(set: DaemonSet, status: DaemonSetStatus): Promise<void> {
    if (!equalJson(status, set.status)) await client.updateStatus(DAEMON_SETS, { ...set, status }).catch(ignoreNotFound);
  }

  function refuse(set: DaemonSet): Outcome {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
    events.event({ kind: DAEMON_SETS, object: set }, 'Warning', 'SelectingAll', message);
    return { kind: 'stalled', reason: 'SelectsEverything' };
  }
}

function wishOf(set: DaemonSet): RevisionWish {
  const { template } = set.spec;
  const collisions = set.status?.collisionCount ?? 0;
  return { kind: DAEMON_SETS, owner: set, template, labels: template.metadata?.labels ?? {}, hashLabel: HASH_LABEL, collisions };
}
