import { existsSync } from 'node:fs';
import { UserError, type Clock, type Log, type Random } from '../base/index.ts';
import { usedCriSocket, type Runtime } from '../kubelet/index.ts';
import { removeTable } from '../network/index.ts';
import { readRunning, type DataDir } from './datadir.ts';
import { ownClusterIPs } from './dnsservice.ts';
import { dropAddresses } from './ownaddresses.ts';
import { networkOf, openRuntime } from './runtime.ts';
import { firewallTable } from './settings.ts';

export interface StopOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** How long the daemon may take to end once it was told to. */
const DAEMON_GRACE_MS = 15_000;
const POD_GRACE_MS = 30_000;
const LOOK_AGAIN_MS = 20;

/** Ends the daemon of this directory, if one runs, and then the containers that it leaves. Gives the number of pods that were stopped. */
export async function stopPods(dataDir: DataDir, { clock, random, log }: StopOptions): Promise<number> {
  if (!existsSync(dataDir.path)) throw new UserError(`there is no data directory ${dataDir.path}`);
  await stopDaemon(dataDir, clock);
  const parts = { clock, random, log };
  const socket = usedCriSocket(dataDir.path);
  if (socket) await dropAddresses(ownClusterIPs(networkOf({ kind: 'cri', socket }, dataDir.path).serviceCidr));
  const containers = socket ? await stopAllOf(await openRuntime({ kind: 'cri', socket }, dataDir, parts)) : 0;
  const processes = await stopAllOf(await openRuntime({ kind: 'process' }, dataDir, parts));
  // A daemon that was killed leaves it.
  await removeTable(firewallTable(dataDir.path));
  return containers + processes;
}

/** Gives the number of pods that ran. */
async function stopAllOf(runtime: Runtime): Promise<number> {
  try {
    const running = (await runtime.list())
      .map(({ containers }) => containers.filter(({ state }) => state.kind === 'running'))
      .filter((containers) => containers.length > 0);
    await Promise.all(running.flat().map(({ id }) => runtime.stop(id, POD_GRACE_MS)));
    await runtime.halt?.();
    return running.length;
  } finally {
    await runtime.close();
  }
}

async function stopDaemon(dataDir: DataDir, clock: Clock): Promise<void> {
  const running = readRunning(dataDir);
  if (!running) return;
  process.kill(running.pid, 'SIGTERM');
  const deadline = clock.now() + DAEMON_GRACE_MS;
  while (readRunning(dataDir)) {
    if (clock.now() > deadline) throw new UserError(`the daemon (process ${running.pid}) does not end; its pods are left alone`);
    await clock.sleep(LOOK_AGAIN_MS);
  }
}
