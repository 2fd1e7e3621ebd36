import { messageOf, WorkQueue, type Millis } from '../../base/index.ts';
import { NODES, PODS, type Node, type ResourceList } from '../../model/index.ts';
import { startKubelet, type Kubelet, type KubeletOptions } from '../kubelet.ts';
import type { NodeSpec } from '../node.ts';
import { podsOfNode } from '../feeds.ts';

/** As KWOK has it: a Node that is annotated so has no machine, and is simulated. */
export const FAKE_NODE = { 'kwok.x-k8s.io/node': 'fake' };

/** As large as the machines that clusters are made of. */
export const SIMULATED_CAPACITY: ResourceList = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' };

export interface FakeNodesOptions extends Omit<KubeletOptions, 'node' | 'staticPods' | 'room'> {
  /** Those that run, by the name of their node; kept as they come and go. */
  readonly kubelets: Map<string, Kubelet>;
  /** Nodes that come back when somebody deletes them. */
  readonly own: readonly NodeSpec[];
}

/** Nodes that somebody makes are simulated, and one whose annotation is taken away falls silent, as a machine that is cut off. */
export function followFakeNodes(options: FakeNodesOptions): void {
  const { client, clock, random, log, scope, kubelets, own } = options;
  const nodes = client.informer(NODES);
  const failed = (node: string, error: unknown, retryMs: Millis) =>
    log.warn({ node, error: messageOf(error), retryMs: Math.round(retryMs) }, 'simulated node not started');
  const queue = scope.use(new WorkQueue<string>({ clock, random, handle: keep, concurrency: 8, failed }));
  scope.use(
    nodes.subscribe(({ before, after }) => {
      if (isFake(before) || isFake(after)) queue.add((after ?? before)!.metadata.name);
    }),
  );

  async function keep(name: string): Promise<undefined> {
    const node = nodes.get(name);
    const kubelet = kubelets.get(name);
    const owned = own.find((spec) => spec.name === name);
    if (node && isFake(node)) {
      if (!kubelet) kubelets.set(name, await startKubelet({ ...options, node: owned ?? specOf(node) }));
    } else if (kubelet && (node || !owned)) {
      kubelets.delete(name);
      await kubelet.detach();
      if (!node) await vanish(name);
    }
  }

  /** With its machine all goes that ran on it. */
  async function vanish(name: string): Promise<void> {
    const { runtime } = options;
    for (const { metadata } of podsOfNode(client.informer(PODS), name)) {
      for (const { sandbox, containers } of await runtime.list(metadata.uid)) {
        await Promise.all(containers.map(({ id }) => runtime.stop(id, 0)));
        await runtime.removeSandbox(sandbox.podUid);
      }
    }
  }
}

const isFake = (node: Node | undefined) => Object.entries(FAKE_NODE).every(([name, value]) => node?.metadata.annotations?.[name] === value);

/** What a node says of its machine, where that is not this one. */
const MACHINE_LABELS = ['kubernetes.io/arch', 'kubernetes.io/os', 'kubernetes.io/hostname'] as const;

/** What its manifest says of it, and the usual for the rest. */
function specOf({ metadata: { name, labels = {} }, status }: Node): NodeSpec {
  const addresses = status?.addresses?.flatMap(({ type, address }) =>
    type === 'InternalIP' || type === 'Hostname' ? [{ type, address } as const] : [],
  );
  const capacity = { ...SIMULATED_CAPACITY, ...status?.allocatable, ...status?.capacity };
  return {
    name,
    labels: Object.fromEntries(MACHINE_LABELS.flatMap((label) => (labels[label] ? [[label, labels[label]]] : []))),
    capacity,
    allocatable: { ...capacity, ...status?.allocatable },
    addresses: addresses?.length ? addresses : [{ type: 'InternalIP', address: '10.0.0.1' }, { type: 'Hostname', address: name }],
    info: { osImage: 'simulated' },
  }; // prettier-ignore
}
