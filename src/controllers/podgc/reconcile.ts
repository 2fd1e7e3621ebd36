import type { Millis } from '../../base/index.ts';
import { keyOf, NODES, PODS, type ObjectKey, type Pod } from '../../model/index.ts';
import { isTerminal, withCondition } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNodes } from '../indexes.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideSurplus, isStuck } from './decide.ts';

/** The key under which those that have ended are looked at. */
export const ENDED: ObjectKey = 'ended';
/** So many of them are kept. */
export const MOST_ENDED = 12_500;

/** A node may be away for a moment, to come back under its name. */
const QUARANTINE: Millis = 40_000;

/** Between one sweep and the next. */
const PAUSE: Millis = 20_000;

const ORPHANED = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'DeletionByPodGC',
  message: 'PodGC: node no longer exists',
} as const;

/** `missingSince` is kept with it: a node that comes back is not missing any more. */
export function podGarbageReconciler({ client, clock }: ControllerContext, missingSince: Map<string, Millis>): Reconcile {
  const pods = client.informer(PODS);
  const nodes = client.informer(NODES);
  const podsOn = indexNodes(pods);
  let sweptAt = -Infinity;

  return async (key: ObjectKey): Promise<Outcome> => {
    if (key === ENDED) return sweep();
    const pod = pods.get(key);
    if (!pod) return SETTLED;
    const node = pod.spec.nodeName;
    if (isStuck(pod, (name) => nodes.get(name))) {
      // Somebody may still hold one that was ended before.
      if (!isTerminal(pod) || pod.metadata.deletionGracePeriodSeconds !== 0) await end(pod);
      return SETTLED;
    }
    if (!node) return SETTLED;
    if (nodes.get(node)) return isBack(node);
    const since = missingSince.get(node) ?? clock.now();
    missingSince.set(node, since);
    const left = since + QUARANTINE - clock.now();
    if (left > 0) return { kind: 'waiting', afterMs: left, on: `node ${node}` };
    // The cache may not know a new node yet.
    if (await client.get(NODES, node).catch(ignoreNotFound)) return isBack(node);
    const conditions = withCondition(pod.status?.conditions, ORPHANED, clock.now());
    await end({ ...pod, status: { ...pod.status, conditions } });
    // Who comes to a node of this name later waits for it anew.
    if (podsOn(node).every((other) => keyOf(other) === key)) missingSince.delete(node);
    return SETTLED;
  };

  /** All pods are looked at: not each time that one ends. */
  async function sweep(): Promise<Outcome> {
    const left = sweptAt + PAUSE - clock.now();
    if (left > 0) return { kind: 'waiting', afterMs: left, on: 'the next sweep' };
    sweptAt = clock.now();
    for (const pod of decideSurplus(pods.list(), MOST_ENDED)) await end(pod);
    return SETTLED;
  }

  function isBack(node: string): Outcome {
    missingSince.delete(node);
    return SETTLED;
  }

  async function end(pod: Pod): Promise<void> {
    const { name, namespace, uid } = pod.metadata;
    if (!isTerminal(pod)) await client.updateStatus(PODS, { ...pod, status: { ...pod.status, phase: 'Failed' } }).catch(ignoreNotFound);
    await client.delete({ kind: PODS, name, namespace }, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(ignoreNotFound);
  }
}
