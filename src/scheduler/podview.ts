import { EVERYTHING, keyOf, parseTime, selectorFromLabels } from '../model/index.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, ObjectKey, Pod, Protocol, Selector, Toleration } from '../model/index.ts';
import { requestsOf, type Amounts } from './amounts.ts';

/** A port of the node itself that a pod takes. */
export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: Protocol;
}

/** A node selector term, ready to be matched. */
export interface NodeTerm {
  readonly labels: Selector;
  /** On `metadata.name`. */
  readonly fields: Selector;
}

/** A pod as the plugins see it: everything that a cycle needs, worked out once. */
export interface PodView {
  readonly key: ObjectKey;
  readonly uid: string;
  readonly pod: Pod;
  readonly priority: number;
  readonly createdAt: number;
  readonly requests: Amounts;
  /** What it counts for when nodes are compared: a container that asks for nothing weighs something all the same. */
  readonly weight: { readonly cpu: number; readonly memory: number };
  readonly hostPorts: readonly HostPort[];
  readonly tolerations: readonly Toleration[];
  readonly nodeSelector: Selector;
  /** One of them must hold; undefined: any node will do. */
  readonly requiredTerms: readonly NodeTerm[] | undefined;
  readonly preferredTerms: readonly { readonly weight: number; readonly term: NodeTerm }[];
  /** The only nodes that the required terms name, where they do: a DaemonSet's pod has one. */
  readonly onlyNodes: ReadonlySet<string> | undefined;
}

const ASSUMED_REQUESTS = { cpu: '100m', memory: '200Mi' };

export function viewPod(pod: Pod): PodView {
  const { spec, metadata } = pod;
  const nodeAffinity = spec.affinity?.nodeAffinity;
  const requiredTerms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.map(toTerm);
  const { cpu, memory } = requestsOf(pod, ASSUMED_REQUESTS);
  return {
    key: keyOf(pod),
    uid: metadata.uid ?? '',
    pod,
    priority: spec.priority ?? 0,
    createdAt: parseTime(metadata.creationTimestamp) ?? 0,
    requests: requestsOf(pod),
    weight: { cpu, memory },
    hostPorts: hostPortsOf(pod),
    tolerations: spec.tolerations ?? [],
    nodeSelector: spec.nodeSelector ? selectorFromLabels(spec.nodeSelector) : EVERYTHING,
    requiredTerms,
    preferredTerms: (nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, preference }) => ({
      weight,
      term: toTerm(preference),
    })),
    onlyNodes: requiredTerms && namedNodes(requiredTerms),
  };
}

function hostPortsOf(pod: Pod): readonly HostPort[] {
  const sidecars = pod.spec.initContainers?.filter((container) => container.restartPolicy === 'Always') ?? [];
  return [...pod.spec.containers, ...sidecars].flatMap((container) =>
    (container.ports ?? [])
      .filter((port) => (port.hostPort ?? 0) > 0)
      .map((port) => ({ ip: port.hostIP || '0.0.0.0', port: port.hostPort!, protocol: port.protocol ?? 'TCP' })),
  );
}

function toTerm({ matchExpressions, matchFields }: NodeSelectorTerm): NodeTerm {
  return { labels: toSelector(matchExpressions), fields: toSelector(matchFields) };
}

function toSelector(requirements: readonly NodeSelectorRequirement[] | undefined): Selector {
  return requirements?.map(({ key, operator, values = [] }) => ({ key, operator, values })) ?? EVERYTHING;
}

function namedNodes(terms: readonly NodeTerm[]): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  for (const { fields } of terms) {
    const named = fields.find((requirement) => requirement.key === 'metadata.name' && requirement.operator === 'In');
    if (!named) return undefined;
    for (const name of named.values) names.add(name);
  }
  return names;
}
