import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { equalJson, UserError, type Millis } from '../../base/index.ts';
import { readRequest, type RequestedSubject } from '../../model/index.ts';
import type { Made, MakeRequest, SignTask } from './make.ts';
import { readAuthority, readLeaf, writePair, type CertificateUse, type KeyPair, type Leaves } from './pairs.ts';
import type { SignRequest } from './sign.ts';

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

/** What somebody asks for with a request of their own (a PEM text in base64), signed by this authority: a PEM text. */
export async function signCertificate(dir: string, wanted: SignRequest, now: Millis): Promise<string> {
  const found = await readAuthority(dir, now);
  if (!found) throw new UserError(`there is no certificate authority in ${dir}`);
  const read = readRequest(wanted.request);
  if (!read.ok) throw new Error(`the request cannot be read: ${read.error}`);
  const sign = { ...wanted, request: Buffer.from(read.der).toString('base64') };
  const certificate = await make<string>({ now, authority: found.pair, sign });
  if (!isOf(certificate, read.subject)) throw new Error('the certificate would be of another subject than the one that was judged');
  return certificate;
}

/** Two readers of a request must have understood the same, or a name could slip by the one that judges. */
function isOf(certificate: string, { commonName, organizations }: RequestedSubject): boolean {
  const { CN = [], O = [] } = (new X509Certificate(certificate).toLegacyObject().subject ?? {}) as {
    CN?: string | string[];
    O?: string | string[];
  };
  return ([CN].flat().at(-1) ?? '') === commonName && equalJson([O].flat(), organizations);
}

interface Wanted {
  readonly dir: string;
  readonly leaves: Leaves;
  readonly now: Millis;
}

interface Pairs {
  readonly ca: string;
  readonly pairs: Readonly<Record<string, KeyPair>>;
}

/** The authority is made once: its key stays, so everything that trusts it goes on doing so. */
async function ensurePairs({ dir, leaves, now }: Wanted): Promise<Pairs> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await readAuthority(dir, now);
  const authority = found?.renew ? undefined : found?.pair;
  const pairs: Record<string, KeyPair> = {};
  const missing: Record<string, CertificateUse> = {};
  for (const [name, wanted] of Object.entries(leaves)) {
    const pair = found && (await readLeaf(dir, name, wanted, found.pair, now));
    if (pair) pairs[name] = pair;
    else missing[name] = wanted;
  }
  if (authority && Object.keys(missing).length === 0) return { ca: authority.cert, pairs };
  const made = await make<Made>({ now, authority, authorityKey: found?.pair.key, leaves: missing });
  if (!authority) await writePair(dir, 'ca', made.authority);
  for (const [name, pair] of Object.entries(made.leaves)) pairs[name] = await writePair(dir, name, pair);
  return { ca: made.authority.cert, pairs };
}

function make<T>(request: MakeRequest | SignTask): Promise<T> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = fileURLToPath(new URL(`./make.${extension}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const maker = execFile(process.execPath, ['--disable-warning=ExperimentalWarning', program], (error, made, problem) => {
      if (error) reject(new Error(`certificates cannot be made: ${problem || error.message}`));
      else resolve(JSON.parse(made) as T);
    });
    // It may end before it has read everything: what it says at its end is the answer.
    maker.stdin!.on('error', () => {}).end(JSON.stringify(request));
  });
}
