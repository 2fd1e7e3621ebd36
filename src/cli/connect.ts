import { UserError } from '../base/index.ts';
import type { Client } from '../client/index.ts';
import { httpClient, loadKubeconfig } from '../client/index.ts';
import { findDataDir, readRunning, type DataDir, type Running } from '../daemon/index.ts';
import { systemClock, systemRandom } from '../base/index.ts';

/** A running daemon and a client of its API. */
export interface Connection {
  readonly dir: DataDir;
  readonly running: Running;
  readonly client: Client;
  close(): void | Promise<void>;
}

export function connect(dataDir: string | undefined): Connection {
  const dir = findDataDir(dataDir);
  const running = readRunning(dir);
  if (!running) throw new UserError(`no daemon runs on ${dir.path}: start one with 'slipway up REPOSITORY --data-dir ${dir.path}'`);
  const client = httpClient(loadKubeconfig({ path: dir.kubeconfig }), { manager: 'slipway', clock: systemClock, random: systemRandom });
  return { dir, running, client, close: () => client.close() };
}
