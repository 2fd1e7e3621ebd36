import { ManualClock, Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { simulatedMachine, startCluster, SIMULATED_NETWORK, type Cluster } from '../../src/daemon/index.ts';
import { simulatedRuntime } from '../../src/kubelet/index.ts';
import { memoryStore } from '../../src/store/index.ts';

/** The whole cluster in one process without a socket, a file or a real timer. */
export interface Simulation {
  readonly clock: ManualClock;
  readonly cluster: Cluster;
  readonly scope: Scope;
}

export async function simulate(seed: number, nodes = 3): Promise<Simulation> {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const scope = new Scope('simulation');
  const cluster = await startCluster({
    openStore: async (options) => memoryStore(options),
    clock,
    random,
    log: silentLog,
    scope,
    serviceCidr: SIMULATED_NETWORK.serviceCidr,
    runtime: simulatedRuntime({ clock, random, startDelayMs: 800, podCidr: SIMULATED_NETWORK.podCidr }),
    localVolumes: { pathOf: (name) => `/volumes/${name}`, remove: async () => undefined },
    nodes: Array.from({ length: nodes }, (_, n) => simulatedMachine(n)),
  });
  return { clock, cluster, scope };
}
