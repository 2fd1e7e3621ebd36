import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ensureCertificates,
  ensureSigningKey,
  kubeconfigText,
  readStaticTokens,
  startServer,
  type Certificates,
  type RunningServer,
  type ServerOptions,
} from '../apiserver/index.ts';
import { messageOf, UserError, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { startPipeline, type PipelineObserver } from '../gitops/index.ts';
import { processRuntime, simulatedRuntime, KUBELET_VERSION, type Runtime } from '../kubelet/index.ts';
import { IngressCounts } from '../network/index.ts';
import { openStore } from '../store/index.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { clearRunning, prepareDataDir, writeRunning, type DataDir } from './datadir.ts';
import { localVolumes } from './localvolumes.ts';
import { simulatedMachine, thisMachine } from './machine.ts';
import { openNetwork } from './network.ts';
import { ownClusterIP } from './ownservice.ts';
import { openRepository, openWebhook } from './repository.ts';
import { DEFAULT_NETWORK, loopbackNetwork, nodeName, SIMULATED_NETWORK, type Settings } from './settings.ts';

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
  const network = settings.runtime === 'simulated' ? SIMULATED_NETWORK : loopbackNetwork(dataDir.path);
  // Made while everything else starts: only the door waits for them, and is told when they cannot be made.
  const certificates = ensureCertificates(dataDir.tls, [settings.listen.host, ownClusterIP(network.serviceCidr)], clock.now());
  const rootCa = certificates.then(({ ca }) => ca);
  rootCa.catch(() => {});
  const { repository, git } = settings;
  const source = repository ? await openRepository({ repository, git }, dataDir, clock) : undefined;
  const runtime = await openRuntime(settings, dataDir, network.podCidr, { clock, random, log });
  scope.defer(() => runtime.close());
  const nodes =
    settings.runtime === 'simulated' ? Array.from({ length: settings.nodes }, (_, n) => simulatedMachine(n)) : [thisMachine(nodeName())];
  const cluster = await startCluster({
    openStore: async (options) => {
      const store = await openStore(dataDir.journal, { ...options, clock, keyDirectory: dataDir.path, log, notice });
      if (store.revision === 0) await tellOfStrays(dataDir, runtime, notice);
      return store;
    },
    clock,
    random,
    log,
    scope,
    serviceCidr: network.serviceCidr,
    rootCa,
    localVolumes: localVolumes(dataDir),
    signingKey: await ensureSigningKey(dataDir.tls),
    tokens,
    runtime,
    nodes,
  });
  const counts = new IngressCounts();
  const server = await openDoor(settings, dataDir, cluster, await certificates, { clock, random, log, scope, families: counts.families });
  writeRunning(dataDir, { pid: process.pid, address: server.url, ...(repository ? { repository, git } : {}) });
  scope.defer(() => clearRunning(dataDir));
  let webhook: string | undefined;
  if (source) {
    webhook = await openWebhook(git ?? {}, source, scope);
    const pipeline = await startPipeline({
      source,
      client: cluster.client,
      clock,
      random,
      log,
      scope,
      record: (entry) => cluster.store.record(entry),
      observer,
      maskKey: maskKeyOf(dataDir),
      renderArchive: join(dataDir.path, 'git', 'rendered.jsonl'),
    });
    await pipeline.ready;
  }
  scope.spawn(
    async () => {
      await afterReady();
      await openNetwork({
        settings: settings.network ?? DEFAULT_NETWORK,
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
  return {
    address: server.url,
    ...(webhook ? { webhook } : {}),
    dataDir,
    client: cluster.client,
    running: async () => (await runtime.list()).filter(({ containers }) => containers.some(({ state }) => state.kind === 'running')).length,
  };
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

type Parts = Pick<DaemonOptions, 'clock' | 'random' | 'log'>;

async function openRuntime(settings: Settings, dataDir: DataDir, podCidr: string, parts: Parts): Promise<Runtime> {
  return settings.runtime === 'simulated'
    ? simulatedRuntime({ ...parts, podCidr })
    : processRuntime({ ...parts, dir: dataDir.path, podCidr, inherited: podEnvironment() });
}

/** All that a process pod has of the daemon's environment. The Node that runs Slipway comes last, so that there always is one. */
function podEnvironment(): Readonly<Record<string, string>> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  return { PATH: `${PATH}:${dirname(process.execPath)}`, HOME };
}

type DoorParts = Parts & Pick<ServerOptions, 'families'> & { readonly scope: Scope };

/** The HTTPS server, and what leads there: a kubeconfig, and a Service for programs in the cluster. */
async function openDoor(settings: Settings, dataDir: DataDir, cluster: Cluster, tls: Certificates, parts: DoorParts) {
  const { listen } = settings;
  const { clock, random, log, scope, families } = parts;
  let server: RunningServer;
  try {
    const { api, gate, nodes, store } = cluster;
    const record: typeof store.record = (entry) => store.record(entry);
    server = await startServer({ api, ...gate, record, families, tls, listen, nodes, version: versionInfo(), log, clock, random });
  } catch (error) {
    throw portProblem(error, listen);
  }
  scope.use(server);
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : listen.host;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  await cluster.advertise({ host, port: server.port });
  writeFileSync(dataDir.kubeconfig, kubeconfigText({ server: url, ca: tls.ca, ...tls.admin }), { mode: 0o600 });
  return { ...server, url };
}

function portProblem(error: unknown, { host, port }: Settings['listen']): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  return new UserError(`port ${port} of ${host} is in use: name another with --listen ${host}:PORT, or stop what listens there`);
}

/** As `kubectl version` shows it. */
function versionInfo() {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(KUBELET_VERSION) as unknown as [string, string, string];
  return {
    major,
    minor,
    gitVersion: KUBELET_VERSION,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'none',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}

/** Derived from the key of this data directory, so that the marks of unchanged Secrets survive a restart. */
function maskKeyOf(dataDir: DataDir): string {
  return createHash('sha256')
    .update('mask')
    .update(readFileSync(join(dataDir.path, 'secret.key')))
    .digest('hex');
}
