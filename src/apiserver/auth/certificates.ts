import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { UserError, type Millis } from '../../base/index.ts';
import { readIfThere, replaceFile } from './files.ts';

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly ca: string;
  readonly server: KeyPair;
  readonly admin: KeyPair;
}

/** What a certificate is made for. */
export type CertificateUse =
  | { readonly use: 'authority' }
  | { readonly use: 'server'; readonly hosts: readonly string[] }
  | { readonly use: 'client'; readonly user: string; readonly groups: readonly string[] };

const DAY = 24 * 60 * 60 * 1000;
const LIFE = { authority: 3650 * DAY, server: 365 * DAY, client: 365 * DAY };
/** Renewed at a start when less than this is left; a daemon that runs longer than that is restarted before. */
const RENEW = { authority: 730 * DAY, server: 90 * DAY, client: 90 * DAY };

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

/**
 * Reads the certificates of this data directory, and makes what is missing, soon expires or lacks a host. The
 * authority is made once: its key stays, so everything that trusts it goes on doing so.
 */
export async function ensureCertificates(dir: string, hosts: readonly string[], now: Millis): Promise<Certificates> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const names = [...new Set([...OWN_NAMES, ...hosts.filter((host) => host !== '' && !ALL_ADDRESSES.has(host))])];
  const authority = await ensureAuthority(dir, now);
  const [server, admin] = await Promise.all([
    ensureLeaf(dir, 'server', { use: 'server', hosts: names }, authority, now),
    ensureLeaf(dir, 'admin', ADMINISTRATOR, authority, now),
  ]);
  return { ca: authority.cert, server, admin };
}

/** A certificate of the same authority, for another server of this daemon. */
export async function ensureServerCertificate(dir: string, name: string, hosts: readonly string[], now: Millis): Promise<KeyPair> {
  return ensureLeaf(dir, name, { use: 'server', hosts }, await ensureAuthority(dir, now), now);
}

async function ensureAuthority(dir: string, now: Millis): Promise<KeyPair> {
  const found = await readPair(dir, 'ca');
  if (found.cert === undefined && found.key === undefined) {
    return writePair(dir, 'ca', await issue({ use: 'authority' }, now, LIFE.authority));
  }
  const cert = parsedPair(found);
  if (!cert) {
    throw new UserError(
      `the certificate authority in ${dir} is damaged (ca.crt and ca.key do not belong together or cannot be read): ` +
        'put both files back from a copy, or remove both to make a new authority and then a new kubeconfig',
    );
  }
  if (left(cert, now) > RENEW.authority) return found as KeyPair;
  return writePair(dir, 'ca', await issue({ use: 'authority' }, now, LIFE.authority, { key: found.key! }));
}

async function ensureLeaf(dir: string, name: string, wanted: CertificateUse, authority: KeyPair, now: Millis): Promise<KeyPair> {
  const found = await readPair(dir, name);
  const cert = parsedPair(found);
  const trusted = cert?.verify(new X509Certificate(authority.cert).publicKey);
  if (cert && trusted && left(cert, now) > RENEW[wanted.use] && covers(cert, wanted)) return found as KeyPair;
  return writePair(dir, name, await issue(wanted, now, LIFE[wanted.use], { authority }));
}

/** The library behind it takes a tenth of a second to load: only when something must be made. */
async function issue(...request: Parameters<typeof import('./issue.ts').issueCertificate>): Promise<KeyPair> {
  const { issueCertificate } = await import('./issue.ts');
  return issueCertificate(...request);
}

const left = (cert: X509Certificate, now: Millis): Millis => Date.parse(cert.validTo) - now;

function covers(cert: X509Certificate, wanted: CertificateUse): boolean {
  if (wanted.use !== 'server') return true;
  return wanted.hosts.every((host) => (isIP(host) ? cert.checkIP(host) : cert.checkHost(host)) !== undefined);
}

/** The certificate, if it can be read and its key is its own. */
function parsedPair({ cert, key }: Partial<KeyPair>): X509Certificate | undefined {
  if (cert === undefined || key === undefined) return undefined;
  try {
    const parsed = new X509Certificate(cert);
    return parsed.checkPrivateKey(createPrivateKey(key)) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

async function readPair(dir: string, name: string): Promise<Partial<KeyPair>> {
  const [cert, key] = await Promise.all([readIfThere(join(dir, `${name}.crt`)), readIfThere(join(dir, `${name}.key`))]);
  return { cert, key };
}

/** The key first: a certificate whose key is missing would be found and refused, a key alone is replaced. */
async function writePair(dir: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await replaceFile(join(dir, `${name}.key`), pair.key, 0o600);
  await replaceFile(join(dir, `${name}.crt`), pair.cert, 0o644);
  return pair;
}
