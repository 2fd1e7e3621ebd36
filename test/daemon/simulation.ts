import { ManualClock, Scope, seededRandom, silentLog } from '../../src/base/index.ts';
import { simulatedMachine, startCluster, SIMULATED_NETWORK, type Cluster } from '../../src/daemon/index.ts';
import { simulatedRuntime, type Runtime } from '../../src/kubelet/index.ts';
import { memoryStore, type Store } from '../../src/store/index.ts';

/** The whole cluster in one process without a socket, a file or a real timer. */
export interface Simulation {
  readonly clock: ManualClock;
  readonly cluster: Cluster;
  readonly scope: Scope;
  readonly runtime: Runtime;
}

/** With what an earlier life left, a cluster that was ended at that moment comes back. */
export async function simulate(
  seed: number,
  nodes = 3,
  before: { clock?: ManualClock; store?: Store; runtime?: Runtime } = {},
): Promise<Simulation> {
  const clock = before.clock ?? new ManualClock();
  const random = seededRandom(seed);
  const scope = new Scope('simulation');
  const runtime = before.runtime ?? simulatedRuntime({ clock, random, startDelayMs: 800, podCidr: SIMULATED_NETWORK.podCidr });
  const cluster = await startCluster({
    openStore: async (options) => before.store ?? memoryStore(options),
    clock,
    random,
    log: silentLog,
    scope,
    serviceCidr: SIMULATED_NETWORK.serviceCidr,
    runtime,
    localVolumes: { pathOf: (name) => `/volumes/${name}`, remove: async () => undefined },
    nodes: Array.from({ length: nodes }, (_, n) => simulatedMachine(n)),
    fakeNodes: true,
  });
  return { clock, cluster, scope, runtime };
}
