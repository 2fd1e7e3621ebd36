import { readFileSync } from 'node:fs';
import type { Clock, Log, Random, Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import {
  CONFIG_MAPS,
  NODES,
  PERSISTENT_VOLUME_CLAIMS,
  PERSISTENT_VOLUMES,
  PODS,
  RUNTIME_CLASSES,
  SECRETS,
  SERVICES,
  type Pod,
} from '../model/index.ts';
import { isTerminal, recorder } from '../status/index.ts';
import { tellOfCordon } from './cordon.ts';
import { serviceLinks } from './environment/services.ts';
import { sourceKey, type SourceKey, type Sources } from './environment/sources.ts';
import { keepRegistered, type NodeSpec } from './node.ts';
import { followPods, followRuntime, followSources, podsByUid, podsOfNode } from './feeds.ts';
import { consumersOf } from './pressure/consumers.ts';
import type { Shortage } from './pressure/judge.ts';
import type { Room } from './pressure/room.ts';
import { watchPressure, type PressureWatch } from './pressure/watch.ts';
import type { Runtime } from './runtime.ts';
import { kubeletHandler } from './server.ts';
import { followStaticPods } from './staticpods/follow.ts';
import { upgradeHandler, type Upgrade } from './streams/upgrade.ts';
import { Tokens } from './volumes/tokens.ts';
import { parseResolvConf, type ClusterDns } from './worker/sandboxspec.ts';
import { PodWorkers } from './worker/workers.ts';

export interface KubeletOptions {
  readonly client: Client;
  /** Shared by all nodes that it serves; whoever made it closes it. */
  readonly runtime: Runtime;
  readonly node: NodeSpec;
  /** The server for names in the cluster. */
  readonly clusterDns?: ClusterDns | undefined;
  /** A directory of pods that this node runs whoever asks for them. */
  readonly staticPods?: string | undefined;
  /** What the machine has left for pods; where it is missing, it always has enough. */
  readonly room?: (() => Promise<Room>) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Ends the kubelet, and leaves its containers running. */
  readonly scope: Scope;
}

export interface Kubelet {
  readonly nodeName: string;
  /** The paths that a kubelet serves on port 10250. */
  readonly handler: ((request: Request) => Promise<Response>) & { readonly upgrade: Upgrade };
  /** Ends the kubelet, and leaves its containers running. */
  detach(): Promise<void>;
  /** Ends the kubelet, and all containers of its pods, each within its grace. */
  stopAll(): Promise<void>;
}

const DEFAULT_GRACE_SECONDS = 30;
const RESOLV_CONF = '/etc/resolv.conf';

/** Registers the node, takes over what runs already, and keeps the node's pods as the API says. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const { client, runtime, clock, random, node } = options;
  const scope = options.scope.child(`kubelet ${node.name}`);
  const log = options.log.child({ node: node.name });
  const pods = client.informer(PODS);
  const [configMaps, secrets, services] = [client.informer(CONFIG_MAPS), client.informer(SECRETS), client.informer(SERVICES)];
  const [claims, volumes] = [client.informer(PERSISTENT_VOLUME_CLAIMS), client.informer(PERSISTENT_VOLUMES)];
  await Promise.all([pods, configMaps, secrets, services, claims, volumes].map(({ synced }) => synced));
  const nodes = client.informer(NODES);
  await nodes.synced;
  const runtimeClasses = runtime.images && client.informer(RUNTIME_CLASSES);
  await runtimeClasses?.synced;
  let watch: PressureWatch | undefined;
  const registration = scope.use(keepRegistered(client, runtime, node, clock, log, () => watch?.pressure ?? {}));
  await registration.begun;

  const events = scope.use(recorder(client, 'kubelet', clock, random, { host: node.name }));
  scope.use(tellOfCordon(nodes, node.name, events));
  const podWith = podsByUid(pods);
  const podOf = (uid: string) => onNode(podWith(uid), node.name);
  const podNamed = (namespace: string, name: string) => onNode(pods.get(`${namespace}/${name}`), node.name);
  const sources: Sources = {
    configMap: (namespace, name) => configMaps.get(`${namespace}/${name}`),
    secret: (namespace, name) => secrets.get(`${namespace}/${name}`),
    serviceLinks: serviceLinks(services),
    claim: (namespace, name) => claims.get(`${namespace}/${name}`),
    volume: (name) => volumes.get(name),
  };
  if (runtime.adopt) for (const pod of podsOfNode(pods, node.name)) if (!isTerminal(pod)) runtime.adopt(pod);
  const workers = new PodWorkers({
    client,
    runtime,
    clock,
    random,
    log,
    sources,
    events,
    tokens: new Tokens(client, clock),
    pod: podOf,
    pods: () => podsOfNode(pods, node.name),
    ownNode: () => nodes.get(node.name),
    sandbox: {
      clusterDns: options.clusterDns,
      machineDns: () => parseResolvConf(readFileSync(RESOLV_CONF, 'utf8')),
      handlerOf: (name) => runtimeClasses?.get(name)?.handler,
    },
    imagePulled: () => registration.refresh(),
    hostIP: node.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '',
    allocatable: node.allocatable ?? node.capacity,
    capacity: node.capacity,
  });
  scope.defer(() => workers.close());
  const relief = {
    consumers: (shortage: Shortage) => consumersOf(podsOfNode(pods, node.name), shortage, runtime),
    evict: (uid: string, message: string) => workers.evict(uid, message),
    refresh: () => registration.refresh(),
  };
  watch = options.room && scope.use(watchPressure({ clock, log, room: options.room, node: node.name, events, ...relief }));
  await watch?.begin();
  scope.use(followRuntime(runtime, pods, node.name, (uid) => workers.touch(uid)));
  const changed = (key: SourceKey) => workers.sourceChanged(key);
  scope.use(followSources(configMaps, sourceKey.configMap, changed));
  scope.use(followSources(secrets, sourceKey.secret, changed));
  scope.use(followSources(claims, sourceKey.claim, changed));
  scope.use(followPods(pods, node.name, (uid) => workers.podChanged(uid)));
  const { staticPods: directory } = options;
  if (directory !== undefined) scope.use(followStaticPods({ directory, nodeName: node.name, client, clock, random, log }));
  // What runs for pods that are gone is ended; the others are found by their workers.
  for (const { sandbox } of await runtime.list()) if (!podWith(sandbox.podUid)) workers.touch(sandbox.podUid);

  return {
    nodeName: node.name,
    handler: Object.assign(
      kubeletHandler({ runtime, clock, pod: podNamed, pods: () => podsOfNode(pods, node.name), nodeName: node.name }),
      {
        upgrade: upgradeHandler({ runtime, pod: podNamed }),
      },
    ),
    detach: () => scope.close(),
    stopAll: async () => {
      await scope.close();
      await stopPods(runtime, podWith, node.name);
    },
  };
}

function onNode(pod: Pod | undefined, nodeName: string): Pod | undefined {
  return pod?.spec.nodeName === nodeName ? pod : undefined;
}

/** Also those that nobody asks for any more. */
async function stopPods(runtime: Runtime, podOf: (uid: string) => Pod | undefined, nodeName: string): Promise<void> {
  const stops = (await runtime.list()).flatMap(({ sandbox, containers }) => {
    const pod = podOf(sandbox.podUid);
    const graceMs = (pod?.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1000;
    return pod && pod.spec.nodeName !== nodeName ? [] : containers.map(({ id }) => runtime.stop(id, graceMs));
  });
  await Promise.all(stops);
}
