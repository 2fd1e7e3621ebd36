import { hostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Clock, Log, MetricFamily, Random, Scope } from '../base/index.ts';
import {
  createApi,
  ensureBootstrapPolicy,
  keepFlowControl,
  localClient,
  openGate,
  openMetrics,
  storeOptions,
  webhookCaller,
  type Api,
  type Gate,
  type GateOptions,
  type Measure,
  type NodeEndpoints,
} from '../apiserver/index.ts';
import type { Client } from '../client/index.ts';
import { QueueCounts, startControllers, type LocalVolumes, type SignCertificate } from '../controllers/index.ts';
import { followFakeNodes, startKubelet, type ClusterDns, type Kubelet, type NodeSpec, type Room, type Runtime } from '../kubelet/index.ts';
import { BUILT_IN_KINDS, KindRegistry, METRICS_KINDS } from '../model/index.ts';
import { startServiceProxy, type DataPlane } from '../network/index.ts';
import { startScheduler } from '../scheduler/index.ts';
import { recorder, type EventRecorder } from '../status/index.ts';
import type { Store, StoreOptions } from '../store/index.ts';
import { bootstrap } from './bootstrap.ts';
import { keepOwnService, ownClusterIP } from './ownservice.ts';
import { keepServiceRange } from './servicerange.ts';

export interface ClusterOptions extends Pick<GateOptions, 'signingKey' | 'tokens'> {
  readonly openStore: (options: StoreOptions) => Promise<Store>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Owns everything that is started here. */
  readonly scope: Scope;
  readonly serviceCidr: string;
  /** The certificate of the authority by which programs in the cluster know the API server. */
  readonly rootCa?: Promise<string>;
  /** Signs certificates for clients with the key of that authority. */
  readonly sign?: SignCertificate;
  readonly runtime: Runtime;
  readonly nodes: readonly NodeSpec[];
  /** Whether nodes that somebody makes and annotates as fake are simulated, too. */
  readonly fakeNodes?: boolean;
  /** The server for names that containers are told of. */
  readonly clusterDns?: ClusterDns | undefined;
  /** A directory of pods that the first node runs whoever asks for them. */
  readonly staticPods?: string | undefined;
  /** What the machine has left for pods. */
  readonly room?: () => Promise<Room>;
  /** How Services are carried; a relay in this thread unless told otherwise. */
  readonly services?: { readonly plane: DataPlane; readonly nodePortAddresses: readonly string[]; readonly balancerAddress: string };
  /** Where the built-in storage class keeps its volumes. */
  readonly localVolumes?: LocalVolumes;
}

/** A whole cluster without its HTTPS door: store, verbs, controllers, scheduler, nodes, services. */
export interface Cluster {
  readonly store: Store;
  readonly api: Api;
  /** Writes that come from outside: checked at the door. */
  readonly client: Client;
  readonly nodes: NodeEndpoints;
  readonly measure: Measure;
  /** What controllers and scheduler count. */
  readonly families: readonly MetricFamily[];
  /** For its HTTPS door. */
  readonly gate: Gate;
  /** A client for a part of the control plane, under a name of its own. */
  part(name: string): { readonly client: Client; readonly recorder: EventRecorder };
  /** Tells programs in the cluster where that door is. */
  advertise(door: { readonly host: string; readonly port: number }): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, random, log, scope, runtime, services } = options;
  const store = await options.openStore({ now: () => clock.now(), ...storeOptions() });
  scope.defer(() => store.close());
  const kinds = new KindRegistry([...BUILT_IN_KINDS, ...METRICS_KINDS]);
  const { signingKey, tokens } = options;
  const gate = scope.use(openGate({ store, clock, random, signingKey, tokens }));
  // Processes of this machine rarely ask for it, and each token costs its pod a start that waits for it.
  const mountTokens = runtime.features.volumes === 'mounted' && runtime.features.images;
  const callWebhook = scope.use(webhookCaller({ clock, random, store }));
  const api = createApi({
    store,
    kinds,
    clock,
    random,
    serviceCidr: options.serviceCidr,
    mountTokens,
    guard: gate.guard,
    authorize: gate.authorize,
    callWebhook,
  });
  const kubelets = new Map<string, Kubelet>();
  const nodes: NodeEndpoints = (name) => kubelets.get(name)?.handler;
  const measure = openMetrics({ api, nodes, clock });
  const doors = { api, store, reviews: gate.reviews, measure, manager: 'slipway' };
  const client = scope.use(localClient({ ...doors, trusted: false }));
  const inside = scope.use(localClient({ ...doors, trusted: true }));
  const beginning = scope.use(localClient({ ...doors, trusted: true, exempt: true }));
  await bootstrap(beginning);
  await ensureBootstrapPolicy(beginning);

  const parts = { clock, random, log, scope };
  keepFlowControl(inside, parts);
  const part = (name: string) => {
    const own = inside.as(name);
    return { client: own, recorder: scope.use(recorder(own, name, clock, random, { instance: `${name}-${hostname()}` })) };
  };
  const { rootCa, sign, localVolumes } = options;
  const metrics = new QueueCounts();
  startControllers({ ...parts, client: inside, metrics, kinds, rootCa, sign, localVolumes, balancerAddress: services?.balancerAddress });
  const { families } = startScheduler({ ...parts, ...part('default-scheduler') });
  if (runtime.features.network) startServiceProxy({ ...parts, ...part('kube-proxy'), ...services, nodeName: options.nodes[0]?.name });
  const { clusterDns, room, staticPods } = options;
  const kubeletParts = { ...parts, client: inside.as('kubelet'), runtime, clusterDns };
  for (const [n, node] of options.nodes.entries()) {
    const own = n === 0 ? { staticPods } : {};
    kubelets.set(node.name, await startKubelet({ ...kubeletParts, node, room, ...own }));
    // Hundreds of nodes in one turn would hold the loop.
    await setImmediate();
  }
  if (options.fakeNodes) followFakeNodes({ ...kubeletParts, kubelets, own: options.nodes });
  const clusterIP = ownClusterIP(options.serviceCidr);
  return {
    store,
    api,
    client,
    gate,
    nodes,
    measure,
    families: [...metrics.families, ...families],
    part,
    advertise: async (door) => {
      await keepServiceRange(beginning.as('kube-apiserver'), options.serviceCidr, clock);
      await keepOwnService(beginning.as('kube-apiserver'), log, { ...door, clusterIP });
    },
  };
}
