import { agreesToNode, type Pod } from '../../model/index.ts';
import { conditionOf, isTerminal } from '../../status/index.ts';
import { describeLack, lacksOf, takenBy } from './nodeshare.ts';
import type { Doom, PodView } from './view.ts';

/** The node has agreed to run the pod: it has begun with it, or a scheduler has chosen the node. */
export function isTakenOn({ status }: Pod): boolean {
  return status?.startTime !== undefined || conditionOf(status?.conditions, 'PodScheduled')?.status === 'True';
}

/** The node never began with it. */
export function isRejected(pod: Pod): boolean {
  return isTerminal(pod) && pod.status?.startTime === undefined;
}

/** Why the node does not take the pod on: one that names its node itself was looked at by nobody. */
export function rejectionOf({ pod, runtime, node, share }: PodView): Doom | undefined {
  if (runtime || isTakenOn(pod)) return undefined;
  const [wanted, there] = [takenBy(pod), share(pod)];
  const [lack] = lacksOf(wanted, [...wanted.keys()], there);
  if (lack) return rejection(`OutOf${lack.resource}`, describeLack(lack));
  const known = node();
  if (!known || agreesToNode(pod.spec, known)) return undefined;
  return rejection('NodeAffinity', `Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector`);
}

function rejection(reason: string, message: string): Doom {
  return { reason, message: `Pod was rejected: ${message}` };
}
