import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Millis } from '../../base/index.ts';
import type { MakeRequest } from './make.ts';
import { readAuthority, readLeaf, type KeyPair } from './pairs.ts';

export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

const ADMINISTRATOR = { use: 'client', user: 'slipway-admin', groups: ['system:masters'] } as const;

/** The names under which clients reach the API server besides the address that it listens on. */
const OWN_NAMES = [
  'localhost',
  '127.0.0.1',
  '::1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/** An address that stands for all addresses is none that a client can ask for. */
const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** Reads the certificates of this data directory, and has those made that it lacks. */
export async function ensureCertificates(dir: string, hosts: readonly string[], now: Millis): Promise<Certificates> {
  const names = [...new Set([...OWN_NAMES, ...hosts.filter((host) => host !== '' && !ALL_ADDRESSES.has(host))])];
  const { ca, pairs } = await ensurePairs({ dir, leaves: { server: { use: 'server', hosts: names }, admin: ADMINISTRATOR }, now });
  return { ca, server: pairs['server']!, admin: pairs['admin']! };
}

/** A certificate of the same authority, for another server of this daemon. */
export async function ensureServerCertificate(dir: string, name: string, hosts: readonly string[], now: Millis): Promise<KeyPair> {
  const { pairs } = await ensurePairs({ dir, leaves: { [name]: { use: 'server', hosts } }, now });
  return pairs[name]!;
}

interface Pairs {
  readonly ca: string;
  readonly pairs: Readonly<Record<string, KeyPair>>;
}

async function ensurePairs(request: MakeRequest): Promise<Pairs> {
  await mkdir(request.dir, { recursive: true, mode: 0o700 });
  const found = await readPairs(request);
  if (found) return found;
  await make(request);
  const made = await readPairs(request);
  if (!made) throw new Error(`the certificates in ${request.dir} were made and are not there`);
  return made;
}

/** Undefined: something has to be made. */
async function readPairs({ dir, leaves, now }: MakeRequest): Promise<Pairs | undefined> {
  const authority = await readAuthority(dir, now);
  if (!authority || authority.renew) return undefined;
  const pairs: Record<string, KeyPair> = {};
  for (const [name, wanted] of Object.entries(leaves)) {
    const pair = await readLeaf(dir, name, wanted, authority.pair, now);
    if (!pair) return undefined;
    pairs[name] = pair;
  }
  return { ca: authority.pair.cert, pairs };
}

function make(request: MakeRequest): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`./make.${extension}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const maker = execFile(process.execPath, ['--disable-warning=ExperimentalWarning', program], (error, _, problem) => {
      if (error) reject(new Error(`cannot make the certificates in ${request.dir}: ${problem || error.message}`));
      else resolve();
    });
    // It may end before it has read everything: what it says at its end is the answer.
    maker.stdin!.on('error', () => {}).end(JSON.stringify(request));
  });
}
