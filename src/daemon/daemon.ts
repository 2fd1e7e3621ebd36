import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  ensureCertificates,
  ensureSigningKey,
  kubeconfigText,
  readStaticTokens,
  startServer,
  type RunningServer,
} from '../apiserver/index.ts';
import { UserError, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { openSource, startPipeline, type PipelineObserver } from '../gitops/index.ts';
import { processRuntime, simulatedRuntime, KUBELET_VERSION, type Runtime } from '../kubelet/index.ts';
import { openStore } from '../store/index.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { clearRunning, prepareDataDir, writeRunning, type DataDir } from './datadir.ts';
import { simulatedMachine, thisMachine } from './machine.ts';
import { loopbackNetwork, nodeName, SIMULATED_NETWORK, type Settings } from './settings.ts';

export interface DaemonOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Closing it leaves the pods running. */
  readonly scope: Scope;
  readonly observer?: PipelineObserver;
}

export interface Daemon {
  readonly address: string;
  readonly dataDir: DataDir;
  readonly client: Client;
  /** How many containers run. */
  running(): Promise<number>;
}

/** Starts everything, the door last: once it is open, what is behind it works. */
export async function startDaemon({ settings, clock, random, log, scope, observer }: DaemonOptions): Promise<Daemon> {
  const dataDir = prepareDataDir(settings.dataDir);
  const network = settings.runtime === 'simulated' ? SIMULATED_NETWORK : loopbackNetwork(dataDir.path);
  const source = settings.repository ? await openSource(settings.repository) : undefined;
  const runtime = await openRuntime(settings, dataDir, network.podCidr, { clock, random, log });
  scope.defer(() => runtime.close());
  const cluster = await startCluster({
    openStore: (options) => openStore(dataDir.journal, { ...options, clock, keyDirectory: dataDir.path, log }),
    clock,
    random,
    log,
    scope,
    serviceCidr: network.serviceCidr,
    signingKey: await ensureSigningKey(dataDir.tls),
    tokens: await readStaticTokens(dataDir.tokens),
    runtime,
    nodes:
      settings.runtime === 'simulated' ? Array.from({ length: settings.nodes }, (_, n) => simulatedMachine(n)) : [thisMachine(nodeName())],
  });
  const server = await openDoor(settings, dataDir, cluster, { clock, random, log, scope });
  writeRunning(dataDir, { pid: process.pid, address: server.url, ...(settings.repository ? { repository: settings.repository } : {}) });
  scope.defer(() => clearRunning(dataDir));
  if (source) {
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
    });
    await pipeline.ready;
  }
  return {
    address: server.url,
    dataDir,
    client: cluster.client,
    running: async () => (await runtime.list()).filter(({ containers }) => containers.some(({ state }) => state.kind === 'running')).length,
  };
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

/** Certificates, the HTTPS server, and a kubeconfig that leads there. */
async function openDoor(settings: Settings, dataDir: DataDir, cluster: Cluster, parts: Parts & { scope: Scope }) {
  const { listen } = settings;
  const { clock, random, log, scope } = parts;
  const tls = await ensureCertificates(dataDir.tls, [listen.host], clock.now());
  let server: RunningServer;
  try {
    const { api, gate, nodes, store } = cluster;
    const record: typeof store.record = (entry) => store.record(entry);
    server = await startServer({ api, ...gate, record, tls, listen, nodes, version: versionInfo(), log, clock, random });
  } catch (error) {
    throw portProblem(error, listen);
  }
  scope.use(server);
  const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : listen.host;
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
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
