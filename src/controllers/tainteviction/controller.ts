import { equalJson, type Millis } from '../../base/index.ts';
import { keyOf, NODES, PODS, type Node, type ObjectKey, type Pod, type Taint } from '../../model/index.ts';
import { withCondition } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNodes } from '../indexes.ts';
import { on, SETTLED, type Controller, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideEviction } from './decide.ts';

const EXECUTING = 'controllers/executing';

export const taintEvictionController: Controller = {
  name: 'taint-eviction',
  reads: [NODES, PODS],
  concurrency: 8,
  start: (context) => {
    const podsOn = indexNodes(context.client.informer(PODS));
    const nodes = context.client.informer(NODES);
    nodes.index(EXECUTING, (node) => (executing(node).length > 0 ? [node.metadata.name] : []));
    return {
      triggers: [
        on(NODES, ({ before, after }) => {
          const name = (after ?? before)!.metadata.name;
          return equalJson(executing(before), executing(after)) ? [] : podsOn(name).map(keyOf);
        }),
        on(PODS, ({ after }) => (after && nodes.by(EXECUTING, after.spec.nodeName ?? '').length > 0 ? [keyOf(after)] : [])),
      ],
      reconcile: evictionReconciler(context),
    };
  },
};

const executing = (node: Node | undefined): readonly Taint[] => node?.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];

const REASON = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' } as const; // prettier-ignore

function evictionReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const pods = client.informer(PODS);
  const nodes = client.informer(NODES);
  /** Since when a pod's eviction is due to come, by its uid. */
  const marked = new Map<string, Millis>();

  return async (key: ObjectKey): Promise<Outcome> => {
    const pod = pods.get(key);
    if (!pod || pod.metadata.deletionTimestamp) return SETTLED;
    const taints = executing(nodes.get(pod.spec.nodeName ?? ''));
    const stay = decideEviction(pod, taints);
    if (stay === undefined) {
      if (marked.delete(pod.metadata.uid!)) events.event({ kind: PODS, object: pod }, 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
      return SETTLED;
    }
    const since = marked.get(pod.metadata.uid!) ?? clock.now();
    marked.set(pod.metadata.uid!, since);
    const left = since + stay - clock.now();
    if (left > 0) return { kind: 'waiting', afterMs: left, on: 'toleration' };
    await evict(pod);
    marked.delete(pod.metadata.uid!);
    return SETTLED;
  }; // prettier-ignore

  async function evict(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    events.event({ kind: PODS, object: pod }, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
    const conditions = withCondition(pod.status?.conditions, REASON, clock.now());
    await client.updateStatus(PODS, { ...pod, status: { ...pod.status, conditions } }).catch(ignoreNotFound);
    await client.delete({ kind: PODS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
  }
}
