import { existsSync } from 'node:fs';
import { UserError, type Clock, type Log, type Millis, type Random } from '../base/index.ts';
import { isAlive, usedCriSocket, type Runtime } from '../kubelet/index.ts';
import { removeTable } from '../network/index.ts';
import { readGraces } from './graces.ts';
import { readRunning, type DataDir } from './datadir.ts';
import { ownClusterIPs } from './dnsservice.ts';
import { dropAddresses } from './ownaddresses.ts';
import { networkOf, openRuntime } from './runtime.ts';
import { firewallTable } from './settings.ts';

export interface StopOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told in a sentence what the person waits for. */
  readonly notice?: (message: string) => void;
}

/** How long the daemon may take to end once it was told to. */
const DAEMON_GRACE_MS = 15_000;
/** Who waits longer than this is told for whom. */
const PATIENCE_MS = 1_500;
const MOST_NAMED = 5;
const LOOK_AGAIN_MS = 20;

/** Ends the daemon of this directory, if one runs, and then the containers that it leaves. Gives the number of pods that were stopped. */
export async function stopPods(dataDir: DataDir, options: StopOptions): Promise<number> {
  if (!existsSync(dataDir.path)) throw new UserError(`there is no data directory ${dataDir.path}`);
  await stopDaemon(dataDir, options.clock);
  const socket = usedCriSocket(dataDir.path);
  if (socket) await dropAddresses(ownClusterIPs(networkOf({ kind: 'cri', socket }, dataDir.path).serviceCidr));
  const containers = socket ? await stopAllOf(await openRuntime({ kind: 'cri', socket }, dataDir, options), dataDir, options) : 0;
  const processes = await stopAllOf(await openRuntime({ kind: 'process' }, dataDir, options), dataDir, options);
  // A daemon that was killed leaves it.
  await removeTable(firewallTable(dataDir.path));
  return containers + processes;
}

interface Stopping {
  readonly name: string;
  readonly containers: readonly string[];
  readonly graceMs: Millis;
}

/** Gives the number of pods that ran. */
async function stopAllOf(runtime: Runtime, dataDir: DataDir, options: StopOptions): Promise<number> {
  try {
    const pods = await stoppingOf(runtime, dataDir, options);
    const left = new Set(pods);
    const impatient = options.clock.after(PATIENCE_MS, () => options.notice?.(waitingFor([...left])));
    const stop = async (pod: Stopping) => {
      await Promise.all(pod.containers.map((id) => runtime.stop(id, pod.graceMs)));
      left.delete(pod);
    };
    try {
      await Promise.all(pods.map(stop));
    } finally {
      impatient.cancel();
    }
    await runtime.halt?.();
    return pods.length;
  } finally {
    await runtime.close();
  }
}

/** The pods that run, each with the time that it asks for. */
async function stoppingOf(runtime: Runtime, dataDir: DataDir, options: StopOptions): Promise<readonly Stopping[]> {
  const running = (await runtime.list()).flatMap(({ sandbox, containers }) => {
    const ids = containers.filter(({ state }) => state.kind === 'running').map(({ id }) => id);
    return ids.length > 0 ? [{ sandbox, containers: ids }] : [];
  });
  if (running.length === 0) return [];
  const graces = await readGraces(dataDir, options);
  return running.map(({ sandbox: { podUid, namespace, name }, containers }) => ({
    name: `${namespace}/${name}`,
    containers,
    graceMs: graces(podUid),
  }));
}

function waitingFor(pods: readonly Stopping[]): string {
  const slowest = pods.toSorted((a, b) => b.graceMs - a.graceMs);
  const named = slowest.slice(0, MOST_NAMED).map(({ name, graceMs }) => `${name} (${graceMs / 1000} s at most)`);
  const more = pods.length - named.length;
  return `waiting for ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''} to end`;
}

async function stopDaemon(dataDir: DataDir, clock: Clock): Promise<void> {
  const running = readRunning(dataDir);
  if (!running) return;
  process.kill(running.pid, 'SIGTERM');
  // It takes back that it runs before it lets go of the journal.
  const isThere = () => (running.process ? isAlive(running.process) : readRunning(dataDir) !== undefined);
  const deadline = clock.now() + DAEMON_GRACE_MS;
  while (isThere()) {
    if (clock.now() > deadline) throw new UserError(`the daemon (process ${running.pid}) does not end; its pods are left alone`);
    await clock.sleep(LOOK_AGAIN_MS);
  }
}
