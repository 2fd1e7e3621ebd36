import { DAEMON_SETS, type DaemonSet, type Pod, type PodSpec, type Toleration } from '../../model/index.ts';
import { podOf } from '../podwriter.ts';

export const HASH_LABEL = 'controller-revision-hash';
const GENERATION_LABEL = 'pod-template-generation';
const GENERATION_ANNOTATION = 'deprecated.daemonset.template.generation';
const NODE_NAME = 'metadata.name';

/** Daemons stay where other pods would have to leave. */
const TOLERATIONS: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];
const HOST_NETWORK: Toleration = { key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' };

export function tolerationsOf({ tolerations = [], hostNetwork }: PodSpec): readonly Toleration[] {
  const added = hostNetwork ? [...TOLERATIONS, HOST_NETWORK] : TOLERATIONS;
  const isThere = (wanted: Toleration) =>
    tolerations.some(({ key, operator, effect }) => key === wanted.key && operator === 'Exists' && effect === wanted.effect);
  return [...tolerations, ...added.filter((wanted) => !isThere(wanted))];
}

/** A pod that the scheduler can bind to this node only. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podOf({ kind: DAEMON_SETS, object: set }, set.spec.template);
  const generation = set.metadata.annotations?.[GENERATION_ANNOTATION];
  const labels = { ...pod.metadata.labels, [HASH_LABEL]: hash, ...(generation ? { [GENERATION_LABEL]: generation } : {}) };
  const { affinity } = pod.spec;
  // The set's own terms were weighed when the node was chosen, and may not hold the pod back later.
  const nodeSelectorTerms = [{ matchFields: [{ key: NODE_NAME, operator: 'In' as const, values: [node] }] }];
  const nodeAffinity = { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec, affinity: { ...affinity, nodeAffinity }, tolerations: tolerationsOf(pod.spec) },
  };
}

/** For which node the pod was made, also before it is bound. */
export function nodeOf({ spec }: Pod): string | undefined {
  if (spec.nodeName) return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap(({ matchFields = [] }) => matchFields).find(({ key }) => key === NODE_NAME)?.values?.[0];
}
