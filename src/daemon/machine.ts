import { readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces, release, totalmem } from 'node:os';
import type { NodeSpec } from '../kubelet/index.ts';

const PODS_OF_A_MACHINE = 110;

/** This machine as a node. */
export function thisMachine(name: string): NodeSpec {
  return {
    name,
    labels: { 'node-role.kubernetes.io/control-plane': '' },
    capacity: {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: String(PODS_OF_A_MACHINE),
    },
    addresses: [
      { type: 'InternalIP', address: firstAddress() },
      { type: 'Hostname', address: name },
    ],
    info: { kernelVersion: release(), osImage: osImage() },
  };
}

/** A simulated node: as large as the machines that clusters are made of. */
export function simulatedMachine(n: number): NodeSpec {
  const name = `node-${n}`;
  return {
    name,
    annotations: { 'kwok.x-k8s.io/node': 'fake' },
    capacity: { cpu: '32', memory: '256Gi', pods: String(PODS_OF_A_MACHINE) },
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

function osImage(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
