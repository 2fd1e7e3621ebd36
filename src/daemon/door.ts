import { writeFileSync } from 'node:fs';
import { kubeconfigText, startServer, type Certificates, type RunningServer, type ServerOptions } from '../apiserver/index.ts';
import { UserError, type Clock, type Log, type Random, type Scope } from '../base/index.ts';
import { KUBELET_VERSION } from '../kubelet/index.ts';
import type { Cluster } from './cluster.ts';
import type { DataDir } from './datadir.ts';
import { journalLines } from './journal.ts';
import type { Settings } from './settings.ts';

interface DoorParts extends Pick<ServerOptions, 'families'> {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: Scope;
}

/** The HTTPS server, and what leads there: a kubeconfig, and a Service for programs in the cluster. */
export async function openDoor({ listen }: Settings, dataDir: DataDir, cluster: Cluster, tls: Certificates, parts: DoorParts) {
  const { clock, random, log, scope, families } = parts;
  let server: RunningServer;
  try {
    const { api, gate, nodes, measure, store } = cluster;
    const record: typeof store.record = (entry) => store.record(entry);
    const journal = journalLines(dataDir);
    server = await startServer({
      api,
      ...gate,
      measure,
      record,
      journal,
      families,
      tls,
      listen,
      nodes,
      version: versionInfo(),
      log,
      clock,
      random,
    });
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
