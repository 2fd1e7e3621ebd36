import { existsSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { systemClock, systemRandom, UserError } from '../base/index.ts';
import { httpClient, loadKubeconfig, type OpenedClient } from '../client/index.ts';
import { dataDirAt, findDataDir, nearestDataDir, readRunning, type DataDir, type Running } from '../daemon/index.ts';

/** How a command is told where the daemon is. */
export interface Where {
  readonly dataDir?: string;
  readonly kubeconfig?: string;
}

/** A client of a running daemon's API, and what is known of the daemon where it runs on this machine. */
export interface Connection {
  readonly dir?: DataDir;
  readonly running?: Running;
  readonly client: OpenedClient;
  close(): void | Promise<void>;
}

export function connect(where: Where): Connection {
  const kubeconfig = kubeconfigOf(where);
  if (kubeconfig !== undefined) return connectBy(kubeconfig);
  const dir = findDataDir(where.dataDir);
  const running = readRunning(dir);
  if (!running) throw new UserError(`no daemon runs on ${dir.path}: start one with 'slipway up REPOSITORY --data-dir ${dir.path}'`);
  return { dir, running, ...clientOf(dir.kubeconfig) };
}

/** The data directory that is meant, which for a daemon elsewhere is none: a kubeconfig need not lie in one. */
export function dataDirNear(where: Where): DataDir | undefined {
  const kubeconfig = kubeconfigOf(where);
  if (kubeconfig === undefined) return findDataDir(where.dataDir);
  const dir = dataDirAt(dirname(kubeconfig));
  return existsSync(dir.journal) ? dir : undefined;
}

/** What kubectl is told counts where nobody names anything and no data directory is near. */
function kubeconfigOf({ dataDir, kubeconfig }: Where): string | undefined {
  if (kubeconfig !== undefined || dataDir !== undefined || nearestDataDir()) return kubeconfig;
  return process.env['KUBECONFIG']?.split(delimiter).find(Boolean);
}

/** A kubeconfig that lies in a data directory tells of its daemon too. */
function connectBy(kubeconfig: string): Connection {
  const dir = dataDirAt(dirname(kubeconfig));
  const running = existsSync(dir.running) ? readRunning(dir) : undefined;
  return { ...(running ? { dir, running } : {}), ...clientOf(kubeconfig) };
}

function clientOf(kubeconfig: string): Pick<Connection, 'client' | 'close'> {
  const client = httpClient(loadKubeconfig({ path: kubeconfig }), { manager: 'slipway-cli', clock: systemClock, random: systemRandom });
  return { client, close: () => client.close() };
}
