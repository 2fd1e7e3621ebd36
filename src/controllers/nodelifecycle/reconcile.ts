import { equalJson, type Millis } from '../../base/index.ts';
import { formatTime, LEASES, NODES, PODS, type Node, type ObjectKey } from '../../model/index.ts';
import { conditionOf, isConditionTrue, isReady } from '../../status/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexNodes } from '../indexes.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { decideConditions, graceOf } from './conditions.ts';
import { Heartbeats, LOOK } from './heartbeats.ts';
import { decideTaints, evictionKey } from './taints.ts';
import { evictionInterval, zoneOf } from './zones.ts';

export const LEASE_NAMESPACE = 'kube-node-lease';

const isSilent = ({ status }: Node): boolean => conditionOf(status?.conditions, 'Ready')?.status === 'Unknown';

/** How soon it is seen that what was silent all around speaks again. */
const LOOK_AGAIN: Millis = 5_000;

export function nodeLifecycleReconciler({ client, events, clock }: ControllerContext): Reconcile {
  const nodes = client.informer(NODES);
  const leases = client.informer(LEASES);
  const podsOn = indexNodes(client.informer(PODS));
  const heartbeats = new Heartbeats(clock);
  /** When a node of the zone was last told to lose its pods. */
  const lastEviction = new Map<string, Millis>();
  const known = new Map<string, Node>();

  return async (name: ObjectKey): Promise<Outcome> => {
    const node = nodes.get(name);
    if (!node) {
      const gone = known.get(name);
      if (gone) tell(gone, 'RemovingNode', `Removing Node ${name} from Controller`);
      known.delete(name);
      heartbeats.forget(name);
      return SETTLED;
    }
    if (known.get(name)?.metadata.uid !== node.metadata.uid) tell(node, 'RegisteredNode', `Registered Node ${name} in Controller`);
    known.set(name, node);
    const grace = graceOf(node);
    const left = grace - heartbeats.silence(node, leases.get(`${LEASE_NAMESPACE}/${name}`), grace);
    const judged = left > 0 ? node : await giveUp(node);
    if (!judged) return SETTLED;
    const wait = await taint(judged);
    if (isSilent(judged)) await markPods(judged);
    return { kind: 'waiting', afterMs: Math.min(left > 0 ? left : LOOK, wait ?? LOOK, LOOK), on: 'the next heartbeat' };
  };

  function tell(node: Node, reason: string, what: string): void {
    events.event({ kind: NODES, object: node }, 'Normal', reason, `Node ${node.metadata.name} event: ${what}`);
  }

  async function giveUp(node: Node): Promise<Node | undefined> {
    const conditions = decideConditions(node, clock.now());
    if (equalJson(conditions, node.status?.conditions)) return node;
    const { name } = node.metadata;
    const written = await client.updateStatus(NODES, { ...node, status: { ...node.status, conditions } }).catch(ignoreNotFound);
    if (isConditionTrue(node.status?.conditions, 'Ready')) {
      events.event({ kind: NODES, object: node }, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    }
    return written;
  }

  /** Gives when to look again, where the node's pods may stay for now. */
  async function taint(node: Node): Promise<Millis | undefined> {
    const evicting = evictionKey(node);
    const isTainted = node.spec?.taints?.some(({ key, effect }) => key === evicting && effect === 'NoExecute') ?? false;
    // A node that is well has nothing to wait for: the others are not looked at.
    const interval = evicting ? evictionInterval(zoneOf(node), nodes.list()) : undefined;
    const last = lastEviction.get(zoneOf(node)) ?? 0;
    const isTurn = interval !== undefined && (isTainted || clock.now() - last >= interval);
    const taints = decideTaints(node, isTurn, clock.now());
    if (taints !== (node.spec?.taints ?? []) && !equalJson(taints, node.spec?.taints ?? [])) {
      const { name, resourceVersion } = node.metadata;
      const patch = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } };
      await client.patch({ kind: NODES, name }, { type: 'merge', patch }).catch(ignoreNotFound);
    }
    if (!evicting) return undefined;
    if (isTurn && !isTainted) lastEviction.set(zoneOf(node), clock.now());
    return isTurn ? undefined : LOOK_AGAIN;
  }

  /** What runs on a silent node serves nobody any more. One that speaks says so itself. */
  async function markPods(node: Node): Promise<void> {
    for (const pod of podsOn(node.metadata.name).filter(isReady)) {
      const lastTransitionTime = formatTime(clock.now());
      const conditions = pod.status!.conditions!.map((each) =>
        each.type === 'Ready' ? { ...each, status: 'False' as const, lastTransitionTime } : each,
      );
      await client.updateStatus(PODS, { ...pod, status: { ...pod.status, conditions } }).catch(ignoreNotFound);
      events.event({ kind: PODS, object: pod }, 'Warning', 'NodeNotReady', 'Node is not ready');
    }
  }
}
