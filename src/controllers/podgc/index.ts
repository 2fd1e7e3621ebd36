/** Ends pods whose node is gone: nobody else can. */
import type { Millis } from '../../base/index.ts';
import { keyOf, NODES, PODS, type ObjectKey, type Pod } from '../../model/index.ts';
import { isTerminal, withCondition } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNodes } from '../indexes.ts';
import { on, SETTLED, type Controller, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';

/** A node may be away for a moment, to come back under its name. */
const QUARANTINE: Millis = 40_000;

const REASON = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' } as const;

export const podGarbageCollector: Controller = {
  name: 'pod-garbage-collector',
  component: 'pod-garbage-collector',
  reads: [PODS, NODES],
  concurrency: 8,
  start: (context) => {
    const nodes = context.client.informer(NODES);
    const podsOn = indexNodes(context.client.informer(PODS));
    return {
      triggers: [
        on(NODES, ({ before, after }) => (before && !after ? podsOn(before.metadata.name).map(keyOf) : [])),
        on(PODS, ({ before, after }) => {
          const node = after?.spec.nodeName;
          if (!node || (node === before?.spec.nodeName && before.metadata.uid === after?.metadata.uid)) return [];
          return nodes.get(node) ? [] : [keyOf(after!)];
        }),
      ],
      reconcile: podGarbageReconciler(context),
    };
  },
};

function podGarbageReconciler({ client, clock }: ControllerContext): Reconcile {
  const pods = client.informer(PODS);
  const nodes = client.informer(NODES);
  const missingSince = new Map<string, Millis>();

  return async (key: ObjectKey): Promise<Outcome> => {
    const pod = pods.get(key);
    const node = pod?.spec.nodeName;
    if (!node) return SETTLED;
    if (nodes.get(node)) return isBack(node);
    const since = missingSince.get(node) ?? clock.now();
    missingSince.set(node, since);
    const left = since + QUARANTINE - clock.now();
    if (left > 0) return { kind: 'waiting', afterMs: left, on: `node ${node}` };
    // The cache may not know a new node yet.
    if (await client.get(NODES, node).catch(ignoreNotFound)) return isBack(node);
    await end(pod);
    return SETTLED;
  };

  /** When it goes once more, it may be away for as long again. */
  function isBack(node: string): Outcome {
    missingSince.delete(node);
    return SETTLED;
  }

  async function end(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    if (!isTerminal(pod)) {
      const conditions = withCondition(pod.status?.conditions, REASON, clock.now());
      await client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Failed', conditions } }).catch(ignoreNotFound);
    }
    await client.delete({ kind: PODS, name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(ignoreNotFound);
  }
}
