import type { Clock, Log, Random, Scope } from '../base/index.ts';
import {
  createApi,
  ensureBootstrapPolicy,
  localClient,
  openGate,
  storeOptions,
  type Api,
  type Gate,
  type GateOptions,
  type NodeEndpoints,
} from '../apiserver/index.ts';
import type { Client } from '../client/index.ts';
import { startControllers, type LocalVolumes } from '../controllers/index.ts';
import { startKubelet, type Kubelet, type NodeSpec, type Runtime } from '../kubelet/index.ts';
import { BUILT_IN_KINDS, KindRegistry } from '../model/index.ts';
import { startServiceProxy } from '../network/index.ts';
import { startScheduler } from '../scheduler/index.ts';
import { recorder, type EventRecorder } from '../status/index.ts';
import type { Store, StoreOptions } from '../store/index.ts';
import { bootstrap } from './bootstrap.ts';
import { keepOwnService, ownClusterIP } from './ownservice.ts';

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
  readonly runtime: Runtime;
  readonly nodes: readonly NodeSpec[];
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
  /** For its HTTPS door. */
  readonly gate: Gate;
  /** A client for a part of the control plane, under a name of its own. */
  part(name: string): { readonly client: Client; readonly recorder: EventRecorder };
  /** Tells programs in the cluster where that door is. */
  advertise(door: { readonly host: string; readonly port: number }): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { clock, random, log, scope, runtime } = options;
  const store = await options.openStore({ now: () => clock.now(), ...storeOptions() });
  scope.defer(() => store.close());
  const kinds = new KindRegistry(BUILT_IN_KINDS);
  const { signingKey, tokens } = options;
  const gate = scope.use(openGate({ store, clock, random, signingKey, tokens }));
  // Processes of this machine rarely ask for it, and each token costs its pod a start that waits for it.
  const mountTokens = runtime.features.volumes === 'mounted' && runtime.features.images;
  const api = createApi({ store, kinds, clock, random, serviceCidr: options.serviceCidr, mountTokens, guard: gate.guard });
  const doors = { api, store, reviews: gate.reviews, manager: 'slipway' };
  const client = scope.use(localClient({ ...doors, trusted: false }));
  const inside = scope.use(localClient({ ...doors, trusted: true }));
  await bootstrap(inside);
  await ensureBootstrapPolicy(inside);

  const parts = { clock, random, log, scope };
  const part = (name: string) => {
    const own = inside.as(name);
    return { client: own, recorder: recorder(own, name, clock, random) };
  };
  startControllers({ ...parts, client: inside, kinds, rootCa: options.rootCa, localVolumes: options.localVolumes });
  startScheduler({ ...parts, ...part('default-scheduler') });
  if (runtime.features.network) startServiceProxy({ ...parts, ...part('kube-proxy') });
  const kubelets = new Map<string, Kubelet>();
  for (const node of options.nodes) {
    kubelets.set(node.name, await startKubelet({ ...parts, client: inside.as('kubelet'), runtime, node }));
  }
  const clusterIP = ownClusterIP(options.serviceCidr);
  return {
    store,
    api,
    client,
    gate,
    nodes: (name) => kubelets.get(name)?.handler,
    part,
    advertise: (door) => keepOwnService(inside.as('kube-apiserver'), log, { ...door, clusterIP }),
  };
}
