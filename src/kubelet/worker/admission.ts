import { agreesToNode, collide, hostPortsOf, isTolerated, type Pod } from '../../model/index.ts';
import { isConditionTrue, isTerminal } from '../../status/index.ts';
import { describeLack, lacksOf, takenBy } from './nodeshare.ts';
import type { Doom, PodView } from './view.ts';

/** The node has agreed to run the pod: it has begun with it, or a scheduler has chosen the node. */
export function isTakenOn({ status }: Pod): boolean {
  return status?.startTime !== undefined || isConditionTrue(status?.conditions, 'PodScheduled');
}

/** The node never began with it. */
export function isRejected(pod: Pod): boolean {
  return isTerminal(pod) && pod.status?.startTime === undefined;
}

/** The node has nothing of it yet, and may still reject it. */
export function isUnknown({ pod, runtime }: PodView): boolean {
  return !runtime && !isTakenOn(pod);
}

/** Why the node does not take the pod on: one that names its node itself was looked at by nobody. */
export function rejectionOf(view: PodView): Doom | undefined {
  if (!isUnknown(view)) return undefined;
  const { pod, node, share } = view;
  const [wanted, there] = [takenBy(pod), share(pod)];
  const [lack] = lacksOf(wanted, [...wanted.keys()], there);
  if (lack) return rejection(`OutOf${lack.resource}`, describeLack(lack));
  const known = node();
  if (!known) return undefined;
  if (!agreesToNode(pod.spec, known)) return refusedBy('NodeAffinity', `node(s) didn't match Pod's node affinity/selector`);
  const ports = hostPortsOf(pod);
  if (ports.length > 0 && there.others.some((other) => collide(ports, hostPortsOf(other)))) {
    return refusedBy('NodePorts', `node(s) didn't have free ports for the requested pod ports`);
  }
  const driving = known.spec?.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
  if (driving.every((taint) => isTolerated(taint, pod.spec.tolerations))) return undefined;
  return refusedBy('TaintToleration', 'node(s) had untolerated taint(s)');
}

function refusedBy(predicate: string, why: string): Doom {
  return rejection(predicate, `Predicate ${predicate} failed: ${why}`);
}

function rejection(reason: string, message: string): Doom {
  return { reason, message: `Pod was rejected: ${message}` };
}
