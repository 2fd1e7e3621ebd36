import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, networkInterfaces, release, totalmem } from 'node:os';
import { FAKE_NODE, SIMULATED_CAPACITY, type NodeSpec } from '../kubelet/index.ts';

const PODS_OF_A_MACHINE = 110;

/** This machine as a node, whose pods have their files in this directory. */
export function thisMachine(name: string, directory: string): NodeSpec {
  const { blocks, bsize } = statfsSync(directory);
  return {
    name,
    labels: { 'node-role.kubernetes.io/control-plane': '' },
    capacity: {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      'ephemeral-storage': `${Math.floor((blocks * bsize) / 1024)}Ki`,
      pods: String(PODS_OF_A_MACHINE),
    },
    addresses: [
      { type: 'InternalIP', address: firstAddress() },
      { type: 'Hostname', address: name },
    ],
    info: {
      kernelVersion: release(),
      osImage: osImage(),
      machineID: textOf('/etc/machine-id'),
      systemUUID: textOf('/sys/class/dmi/id/product_uuid'),
      bootID: textOf('/proc/sys/kernel/random/boot_id'),
    },
  };
}

export function simulatedMachine(n: number): NodeSpec {
  const name = `node-${n}`;
  return {
    name,
    annotations: FAKE_NODE,
    capacity: SIMULATED_CAPACITY,
    addresses: [
      { type: 'InternalIP', address: `10.${Math.floor(n / 62_500) + 1}.${Math.floor(n / 250) % 250}.${(n % 250) + 1}` },
      { type: 'Hostname', address: name },
    ],
    info: { osImage: 'simulated' },
  };
}

export function firstAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

/** All that it says; empty where it is not there, or not for this user to read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function osImage(): string {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(textOf('/etc/os-release'))?.[1] ?? '';
}
