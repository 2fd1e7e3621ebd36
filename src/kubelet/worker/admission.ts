import { agreesToNode, collide, hostPortsOf, isTolerated, SAFE_SYSCTLS, type Pod, type PodStatus } from '../../model/index.ts';
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

/** Why the node does not take the pod on. */
export function rejectionOf(view: PodView): Doom | undefined {
  const { pod, runtime } = view;
  if (runtime || pod.status?.startTime !== undefined) return undefined;
  return whyUnsuited(view) ?? (isTakenOn(pod) ? undefined : whyUnfit(view));
}

/** Of what it asks for that no node, or not this one, gives to anybody. */
function whyUnsuited({ pod: { spec, metadata }, features }: PodView): Doom | undefined {
  const { sysctls = [], supplementalGroupsPolicy } = spec.securityContext ?? {};
  const forbidden = sysctls.map(({ name }) => name.replaceAll('/', '.')).find((name) => !SAFE_SYSCTLS.has(name));
  if (forbidden !== undefined) return rejection('SysctlForbidden', `forbidden sysctl: ${JSON.stringify(forbidden)} not allowlisted`);
  if ((metadata.labels?.['kubernetes.io/os'] ?? SYSTEM) !== SYSTEM) {
    return rejection('PodOSSelectorNodeLabelDoesNotMatch', "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label");
  }
  if ((spec.os?.name ?? SYSTEM) !== SYSTEM) {
    return rejection('PodOSNotSupported', "Failed to admit pod as the OS field doesn't match node OS");
  }
  if (supplementalGroupsPolicy !== 'Strict' || features.strictGroups) return undefined;
  return rejection('SupplementalGroupsPolicyNotSupported', 'SupplementalGroupsPolicy=Strict is not supported in this node');
}

const SYSTEM = 'linux';

/** One that names its node itself was looked at by nobody. */
function whyUnfit(view: PodView): Doom | undefined {
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

/** How the message of a rejected pod's status begins, and that of its event does not. */
const REJECTED = 'Pod was rejected: ';

function rejection(reason: string, message: string): Doom {
  return { reason, message: `${REJECTED}${message}`, isRejection: true };
}

export function whyRejected({ message = '' }: PodStatus): string {
  return message.slice(REJECTED.length);
}
