import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { DoorPlace, ProxyMode } from '../network/index.ts';

export type RuntimeName = 'auto' | 'process' | 'cri' | 'simulated';

export interface Settings {
  /** The manifests: a Git repository or a folder of one. Without it the daemon is a bare control plane. */
  readonly repository?: string;
  /** How the repository is followed. */
  readonly git?: GitSettings;
  readonly dataDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly runtime: RuntimeName;
  /** Where the container runtime listens; looked for where it is not said. */
  readonly criSocket?: string | undefined;
  /** A directory of pods that the node runs whoever asks for them. */
  readonly staticPods?: string | undefined;
  /** Simulated nodes. */
  readonly nodes: number;
  /** A file of bearer tokens and whose they are. */
  readonly tokenFile?: string;
  readonly network?: NetworkSettings;
}

/** How Services and Ingresses are reached. */
export interface NetworkSettings {
  readonly ingress: 'off' | { readonly http: DoorPlace; readonly https: DoorPlace };
  readonly proxyMode: ProxyMode;
  /** Networks: on this machine's addresses in them Services are reached by others than its pods. */
  readonly nodePortAddresses: readonly string[];
}

/** On loopback only; the second ports are for those who may not listen on the first. */
export const DEFAULT_INGRESS = {
  http: { address: '127.0.0.1', ports: [80, 8080] },
  https: { address: '127.0.0.1', ports: [443, 8443] },
} as const satisfies NetworkSettings['ingress'];

export const DEFAULT_NETWORK: NetworkSettings = { ingress: DEFAULT_INGRESS, proxyMode: 'auto', nodePortAddresses: ['127.0.0.0/8'] };

export interface GitSettings {
  /** A branch, tag or commit to follow instead of HEAD. */
  readonly ref?: string;
  /** The folder of the repository that holds the manifests. */
  readonly path?: string;
  /** A file with a token or `USER:PASSWORD`, for a remote. */
  readonly credentials?: string;
  /** How often a remote is asked; 0 for never. */
  readonly pollMs?: number;
  /** OpenSSH's allowed signers: only commits that one of them signed are taken. */
  readonly allowedSigners?: string;
  /** Where pushes are told, and the file with the secret that they are signed with. */
  readonly webhook?: { readonly listen: { readonly host: string; readonly port: number }; readonly secret: string };
}

export const DEFAULT_DATA_DIR = '.slipway';
export const DEFAULT_LISTEN = '127.0.0.1:7443';

/** Where pods and Services have their addresses. */
export interface Network {
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/**
 * Loopback addresses for process pods: each data directory has its own ranges, so that two clusters on one machine
 * do not meet. Pods are in 127.64.0.0/11, Services in 127.96.0.0/11.
 */
export function loopbackNetwork(dataDir: string): Network {
  const [part] = createHash('sha256').update(dataDir).digest();
  const offset = part! % 32;
  return { podCidr: `127.${64 + offset}.0.0/16`, serviceCidr: `127.${96 + offset}.0.0/16` };
}

/**
 * Containers have their addresses from the network plugins of their runtime. Loopback addresses would lead them to
 * themselves, so Services have others; each data directory its own.
 */
export function containerNetwork(dataDir: string): Network {
  const [part] = createHash('sha256').update(dataDir).digest();
  return { podCidr: '', serviceCidr: `10.${96 + (part! % 16)}.0.0/16` };
}

/** The table of the machine's firewall that is this data directory's alone. */
export function firewallTable(dataDir: string): string {
  return `slipway-${createHash('sha256').update(dataDir).digest('hex').slice(0, 8)}`;
}

/** Addresses of simulated pods lead nowhere. */
export const SIMULATED_NETWORK: Network = { podCidr: '10.244.0.0/14', serviceCidr: '10.96.0.0/12' };

export function nodeName(): string {
  const name = hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return name || 'node';
}

export function parseListen(text: string): { host: string; port: number } | undefined {
  const found = /^(?:\[([0-9a-f:]+)\]|([^:]+)):(\d{1,5})$/i.exec(text);
  if (!found || Number(found[3]) > 65_535) return undefined;
  return { host: (found[1] ?? found[2])!, port: Number(found[3]) };
}
