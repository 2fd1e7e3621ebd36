import { equalJson, isStatus, messageOf, type Clock, type Log, type Millis, type Timer } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { formatTime, NODES, type Node, type NodeStatus, type ResourceList, type Taint } from '../model/index.ts';
import { isConditionTrue } from '../status/index.ts';
import { NodeLease } from './lease.ts';
import { followNode } from './feeds.ts';
import { nodeConditions } from './pressure/conditions.ts';
import type { Pressure } from './pressure/judge.ts';
import type { Runtime } from './runtime.ts';

/** What a node is, as far as its owner says. */
export interface NodeSpec {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly capacity: ResourceList;
  /** The capacity, when it is not set. */
  readonly allocatable?: ResourceList;
  readonly addresses: readonly { readonly type: 'InternalIP' | 'Hostname'; readonly address: string }[];
  /** Of the machine: kernel, operating system image, ids. */
  readonly info?: Readonly<Record<string, string>>;
}

export const KUBELET_VERSION = 'v1.36.0+slipway';

/** Makes the Node, or brings the one that is there up to date. Nothing is written when nothing differs. */
export async function registerNode(client: Client, runtime: Runtime, spec: NodeSpec, clock: Clock, pressure: Pressure = {}): Promise<Node> {
  const there = await findNode(client, spec.name);
  const facts = Object.entries(runtime.facts).map(([name, fact]) => [`slipway.dev/${name}`, fact]);
  const annotations = { ...spec.annotations, ...Object.fromEntries(facts) };
  const labels = { 'kubernetes.io/hostname': spec.name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': architecture(), ...spec.labels };
  const node = there ? await relabel(client, there, labels, annotations) : await client.create(NODES, newNode(spec, labels, annotations));
  const status = nodeStatus(runtime, spec, node.status, clock, await imagesOf(runtime), pressure);
  return equalJson(node.status ?? {}, status) ? node : client.updateStatus(NODES, { ...node, status });
}

/** How often a node looks whether it is still registered as it should. */
const STATUS_MS: Millis = 10_000;

/**
 * Registers the node. One that somebody kept out (a webhook, say), deleted or gave up comes back with its next look: with its
 * labels, its lease and its readiness.
 */
export function keepRegistered(
  client: Client,
  runtime: Runtime,
  spec: NodeSpec,
  clock: Clock,
  log: Log,
  pressure: () => Pressure,
): {
  /** After the first attempt, however it ended. */
  readonly begun: Promise<void>;
  /** Something that its status tells of is other than it was. */
  refresh(): void;
  close(): void;
} {
  const lease = new NodeLease({ client, name: spec.name, clock, log });
  let timer: Timer | undefined;
  const register = async () => {
    try {
      await registerNode(client, runtime, spec, clock, pressure());
    } catch (error) {
      log.warn({ node: spec.name, error: messageOf(error) }, 'node not registered');
      timer = clock.after(STATUS_MS, register);
    }
  };
  const own = followNode(client.informer(NODES), spec.name, ({ after }) => {
    if (after && isConditionTrue(after.status?.conditions, 'Ready')) return;
    timer?.cancel();
    timer = clock.after(STATUS_MS, register);
  });
  return {
    begun: register().then(() => void lease.keep()),
    refresh: () => void register(),
    close: () => {
      own.close();
      timer?.cancel();
      lease.close();
    },
  };
}

async function findNode(client: Client, name: string): Promise<Node | undefined> {
  try {
    return await client.get(NODES, name);
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}

type Texts = Readonly<Record<string, string>>;

function newNode({ name, taints }: NodeSpec, labels: Texts, annotations: Texts): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: taints?.length ? { taints } : {},
  };
}

async function relabel(client: Client, node: Node, labels: Texts, annotations: Texts): Promise<Node> {
  const wanted = { labels: { ...node.metadata.labels, ...labels }, annotations: { ...node.metadata.annotations, ...annotations } };
  if (equalJson({ labels: node.metadata.labels ?? {}, annotations: node.metadata.annotations ?? {} }, wanted)) return node;
  return client.patch<Node>({ kind: NODES, name: node.metadata.name }, { type: 'merge', patch: { metadata: wanted } });
}

/** As many as a kubelet tells of. */
const MOST_IMAGES = 50;

async function imagesOf({ images }: Runtime): Promise<Pick<NodeStatus, 'images'>> {
  if (!images) return {};
  const all = (await images.list()).toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1));
  return { images: all.slice(0, MOST_IMAGES).map(({ names, sizeBytes }) => ({ names, sizeBytes })) };
}

function nodeStatus(
  runtime: Runtime,
  spec: NodeSpec,
  before: NodeStatus | undefined,
  clock: Clock,
  images: Pick<NodeStatus, 'images'>,
  pressure: Pressure,
): NodeStatus {
  const now = formatTime(clock.now());
  const known = before?.conditions ?? [];
  const owned = nodeConditions(pressure).map(([type, status, reason, message]) => {
    const old = known.find((condition) => condition.type === type);
    const same = old?.status === status && old.reason === reason && old.message === message;
    return same
      ? old
      : {
          type,
          status,
          reason,
          message,
          lastHeartbeatTime: now,
          lastTransitionTime: old?.status === status ? (old.lastTransitionTime ?? now) : now,
        };
  });
  const { strictGroups } = runtime.features;
  return {
    ...before,
    ...images,
    ...(strictGroups === undefined ? {} : { features: { supplementalGroupsPolicy: strictGroups } }),
    capacity: spec.capacity,
    allocatable: spec.allocatable ?? spec.capacity,
    addresses: spec.addresses,
    conditions: [...known.filter(({ type }) => !owned.some((each) => each.type === type)), ...owned],
    nodeInfo: {
      architecture: architecture(),
      operatingSystem: 'linux',
      osImage: '',
      kernelVersion: '',
      machineID: '',
      systemUUID: '',
      bootID: '',
      kubeProxyVersion: '',
      ...spec.info,
      kubeletVersion: KUBELET_VERSION,
      containerRuntimeVersion: `${runtime.name}://${runtime.version}`,
    },
  };
}

function architecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}
