import type { Node, Pod, PodSpec, ResourceList } from '../../src/model/index.ts';
import { ClusterSnapshot, viewPod, type NodeView, type PodView } from '../../src/scheduler/index.ts';

export function pod(name: string, spec: Partial<PodSpec> & { requests?: ResourceList } = {}, more: Partial<Pod['metadata']> = {}): Pod {
  const { requests, ...rest } = spec;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z', ...more },
    spec: { containers: [{ name: 'main', ...(requests ? { resources: { requests } } : {}) }], ...rest },
    status: { phase: 'Pending' },
  };
}

export function node(
  name: string,
  allocatable: ResourceList = {},
  more: { labels?: Record<string, string>; spec?: Node['spec'] } = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, ...more.labels } },
    spec: more.spec,
    status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...allocatable } },
  };
}

/** The view of a node on which these pods run. */
export function nodeView(of: Node, ...running: readonly Pod[]): NodeView {
  const snapshot = new ClusterSnapshot();
  snapshot.setNode(of);
  for (const each of running) snapshot.place(viewPod(each), of.metadata.name, 'bound');
  return snapshot.nodes[0]!;
}

export function podView(spec: Parameters<typeof pod>[1] = {}): PodView {
  return viewPod(pod('p', spec));
}
