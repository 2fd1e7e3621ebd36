import { ensureCertificates, ensureSigningKey, readStaticTokens, signCertificate } from '../apiserver/index.ts';
import { messageOf, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import type { PipelineObserver } from '../gitops/index.ts';
import { roomOf, type Runtime } from '../kubelet/index.ts';
import { IngressCounts, isLoopback, machineAddresses, openPlane, whenOpened, type OpenedPlane } from '../network/index.ts';
import { openStore } from '../store/index.ts';
import { startCluster } from './cluster.ts';
import { clearRunning, prepareDataDir, writeRunning, type DataDir } from './datadir.ts';
import { clusterDnsAt, ownClusterIPs } from './dnsservice.ts';
import { openDoor } from './door.ts';
import { lastLineFrom } from './lastline.ts';
import { localVolumes } from './localvolumes.ts';
import { simulatedMachine, thisMachine } from './machine.ts';
import { openNetwork } from './network.ts';
import { claimAddresses } from './ownaddresses.ts';
import { ownClusterIP } from './ownservice.ts';
import { followRepository, openRepository, openWebhook } from './repository.ts';
import { collectAtRest, collectionOfEngine, processorTime } from './rest.ts';
import { chooseRuntime, networkOf, openRuntime } from './runtime.ts';
import { DEFAULT_NETWORK, firewallTable, nodeName, type NetworkSettings, type Settings } from './settings.ts';

export interface DaemonOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Closing it leaves the pods running. */
  readonly scope: Scope;
  readonly observer?: PipelineObserver;
  /** Told in a sentence what a start found that its person should know. */
  readonly notice?: (message: string) => void;
}

export interface Daemon {
  readonly address: string;
  /** Where pushes are told. */
  readonly webhook?: string;
  readonly dataDir: DataDir;
  readonly client: Client;
  /** How many containers run. */
  running(): Promise<number>;
}

/** Starts everything, the door last: once it is open, what is behind it works. */
export async function startDaemon({ settings, clock, random, log, scope, observer, notice = () => {} }: DaemonOptions): Promise<Daemon> {
  const tokens = settings.tokenFile === undefined ? undefined : await readStaticTokens(settings.tokenFile);
  const dataDir = prepareDataDir(settings.dataDir);
  const choice = await chooseRuntime(settings, dataDir, notice);
  const isSimulated = choice.kind === 'simulated';
  const network = networkOf(choice, dataDir.path);
  // Made while everything else starts: only the door waits for them, and is told when they cannot be made.
  const certificates = ensureCertificates(dataDir.tls, [settings.listen.host, ownClusterIP(network.serviceCidr)], clock.now());
  const rootCa = certificates.then(({ ca }) => ca);
  // Who takes the directory back after a start that failed must find nobody writing in it.
  scope.spawn(
    () => rootCa,
    () => {},
  );
  if (choice.kind === 'cri') await claimAddresses(ownClusterIPs(network.serviceCidr), log);
  const { repository, git, network: wanted = DEFAULT_NETWORK } = settings;
  const source = repository ? await openRepository({ repository, git }, dataDir, clock) : undefined;
  const runtime = await openRuntime(choice, dataDir, { clock, random, log });
  scope.defer(() => runtime.close());
  const nodes = isSimulated
    ? Array.from({ length: settings.nodes }, (_, n) => simulatedMachine(n))
    : [thisMachine(nodeName(), dataDir.path)];
  // The firewall's table is that of the daemon that has the journal: who is refused there must not have touched it.
  const journal = Promise.withResolvers<void>();
  const opening = isSimulated ? undefined : openServicePlane(journal.promise, wanted, dataDir, { clock, random, log });
  // Its own cluster addresses are the machine's too, and lead nobody else there.
  const addresses = machineAddresses(wanted.nodePortAddresses, ownClusterIPs(network.serviceCidr));
  const cluster = await startCluster({
    openStore: async (options) => {
      const store = await openStore(dataDir.journal, { ...options, clock, keyDirectory: dataDir.path, log, notice });
      journal.resolve();
      if (store.revision === 0) await tellOfStrays(dataDir, runtime, notice);
      return store;
    },
    clock,
    random,
    log,
    scope,
    serviceCidr: network.serviceCidr,
    rootCa,
    sign: (wanted) => signCertificate(dataDir.tls, wanted, clock.now()),
    localVolumes: localVolumes(dataDir),
    signingKey: await ensureSigningKey(dataDir.tls),
    tokens,
    runtime,
    nodes,
    fakeNodes: isSimulated,
    clusterDns: isSimulated ? undefined : await clusterDnsAt(network.serviceCidr),
    ...(isSimulated ? {} : { room: () => roomOf(dataDir.path) }),
    staticPods: settings.staticPods,
    services: opening && {
      plane: whenOpened(opening),
      nodePortAddresses: addresses,
      balancerAddress: addresses.find((address) => !isLoopback(address)) ?? '127.0.0.1',
    },
  });
  const services = await opening;
  if (services?.because) log.info({ because: services.because }, 'services are carried in userspace');
  const counts = new IngressCounts();
  const families = [...counts.families, ...cluster.families];
  const server = await openDoor(settings, dataDir, cluster, await certificates, { clock, random, log, scope, families });
  writeRunning(dataDir, { pid: process.pid, address: server.url, ...(repository ? { repository, git } : {}) });
  scope.defer(() => clearRunning(dataDir));
  let webhook: string | undefined;
  if (source) {
    webhook = await openWebhook(git ?? {}, source, scope);
    await followRepository({
      source,
      client: cluster.client,
      own: cluster.part('slipway').client,
      clock,
      random,
      log,
      scope,
      record: (entry) => cluster.store.record(entry),
      lastLine: lastLineFrom(cluster.nodes),
      observer,
      dataDir,
    });
  }
  scope.spawn(
    async () => {
      await afterReady();
      await openNetwork({
        settings: wanted,
        services: services?.kind,
        dataDir,
        serviceCidr: network.serviceCidr,
        isReal: runtime.features.network,
        node: nodes[0]!.name,
        part: cluster.part,
        counts,
        clock,
        random,
        log,
        scope,
        notice,
      });
    },
    (error) => log.error({ error: messageOf(error) }, 'names and ingresses are not served'),
  );
  const engine = collectionOfEngine();
  if (engine) {
    const collect = () => {
      cluster.store.slim();
      engine.collect();
    };
    collectAtRest({ clock, log, scope, used: processorTime, collect, held: engine.held });
  }
  return {
    address: server.url,
    ...(webhook ? { webhook } : {}),
    dataDir,
    client: cluster.client,
    running: async () => (await runtime.list()).filter(({ containers }) => containers.some(({ state }) => state.kind === 'running')).length,
  };
}

type Parts = Pick<DaemonOptions, 'clock' | 'random' | 'log'>;

function openServicePlane(
  after: Promise<void>,
  { proxyMode: mode }: NetworkSettings,
  { path }: DataDir,
  parts: Parts,
): Promise<OpenedPlane> {
  const opening = after.then(() => openPlane({ mode, table: firewallTable(path), owner: path, own: ['default/kubernetes'], ...parts }));
  // Whoever waits for it is told.
  opening.catch(() => {});
  return opening;
}

/** What it is not yet ready without comes first. */
const afterReady = () => new Promise((resolve) => setImmediate(resolve));

/** An empty journal beside pods that run is seldom meant. */
async function tellOfStrays({ journal }: DataDir, runtime: Runtime, notice: (message: string) => void): Promise<void> {
  const { length } = await runtime.list();
  if (length === 0) return;
  const pods = length === 1 ? '1 pod of an earlier life is' : `${length} pods of an earlier life are`;
  notice(`the journal in ${journal} is empty, but ${pods} still there: no object stands for them, so they are stopped and removed`);
}
