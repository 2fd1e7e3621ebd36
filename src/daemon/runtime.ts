import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError, type Clock, type Log, type Random } from '../base/index.ts';
import { CRI_SOCKETS, criProblem, criRuntime, processRuntime, simulatedRuntime, usedCriSocket, type Runtime } from '../kubelet/index.ts';
import type { DataDir } from './datadir.ts';
import { firstAddress } from './machine.ts';
import { containerNetwork, loopbackNetwork, SIMULATED_NETWORK, type Network, type Settings } from './settings.ts';

/** What runs the pods, once `auto` is decided. */
export type RuntimeChoice = { readonly kind: 'process' | 'simulated' } | { readonly kind: 'cri'; readonly socket: string };

/** A kubelet removes what it does not know from its runtime: who wants to share it must say so. */
const KUBELET = '/var/lib/kubelet/config.yaml';

type Wanted = Pick<Settings, 'runtime' | 'criSocket'>;

/** `auto` stays with what the directory's pods run on; else it takes containers where a runtime is ready for them. */
export async function chooseRuntime(
  { runtime, criSocket }: Wanted,
  { path }: DataDir,
  notice: (message: string) => void,
): Promise<RuntimeChoice> {
  if (runtime === 'simulated' || runtime === 'process') return { kind: runtime };
  const used = usedCriSocket(path);
  const free = runtime === 'auto' && !criSocket && !used;
  if (free && (existsSync(join(path, 'pods')) || existsSync(KUBELET))) return { kind: 'process' };
  const sockets = criSocket ? [criSocket] : used ? [used] : CRI_SOCKETS;
  const problems = await Promise.all(sockets.map(criProblem));
  const ready = sockets.find((_, i) => problems[i] === undefined);
  if (ready) return { kind: 'cri', socket: ready };
  if (free) return { kind: 'process' };
  const why = problems.join('; ');
  const there = sockets.find((socket) => existsSync(socket));
  if (!there) throw new UserError(`no container runtime answers: ${why}: start containerd or CRI-O, and name its socket with --cri-socket`);
  notice(`the container runtime at ${there} is not ready, so pods wait: ${why}`);
  return { kind: 'cri', socket: there };
}

export function networkOf(choice: RuntimeChoice, dataDir: string): Network {
  switch (choice.kind) {
    case 'simulated':
      return SIMULATED_NETWORK;
    case 'process':
      return loopbackNetwork(dataDir);
    case 'cri':
      return containerNetwork(dataDir);
  }
}

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export async function openRuntime(choice: RuntimeChoice, { path }: DataDir, parts: Parts): Promise<Runtime> {
  const { podCidr } = networkOf(choice, path);
  switch (choice.kind) {
    case 'simulated':
      return simulatedRuntime({ ...parts, podCidr });
    case 'process':
      return processRuntime({ ...parts, dir: path, podCidr, inherited: podEnvironment() });
    case 'cri':
      return criRuntime({ ...parts, dir: path, socket: choice.socket, hostIP: firstAddress() });
  }
}

/** All that a process pod has of the daemon's environment. The Node that runs Slipway comes last, so that there always is one. */
function podEnvironment(): Readonly<Record<string, string>> {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME = '/' } = process.env;
  return { PATH: `${PATH}:${dirname(process.execPath)}`, HOME };
}
