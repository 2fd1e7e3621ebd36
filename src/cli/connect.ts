import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemClock, systemRandom, UserError } from '../base/index.ts';
import { httpClient, loadKubeconfig, type Client } from '../client/index.ts';
import { dataDirAt, findDataDir, readRunning, type DataDir, type Running } from '../daemon/index.ts';

/** How a command is told where the daemon is. */
export interface Where {
  readonly dataDir?: string;
  readonly kubeconfig?: string;
}

/** A client of a running daemon's API, and what is known of the daemon where it runs on this machine. */
export interface Connection {
  readonly dir?: DataDir;
  readonly running?: Running;
  readonly client: Client;
  close(): void | Promise<void>;
}

export function connect(where: Where | string | undefined): Connection {
  const { dataDir, kubeconfig } = typeof where === 'object' ? where : { dataDir: where };
  if (kubeconfig !== undefined) return connectBy(kubeconfig);
  const dir = findDataDir(dataDir);
  const running = readRunning(dir);
  if (!running) throw new UserError(`no daemon runs on ${dir.path}: start one with 'slipway up REPOSITORY --data-dir ${dir.path}'`);
  return { dir, running, ...clientOf(dir.kubeconfig) };
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
