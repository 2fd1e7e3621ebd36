import { X509Certificate, createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { UserError, type Millis } from '../../base/index.ts';
import { readIfThere, replaceFile } from './files.ts';
import { RENEW } from './lifetimes.ts';

/** PEM texts. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is made for. */
export type CertificateUse =
  | { readonly use: 'authority' }
  | { readonly use: 'server'; readonly hosts: readonly string[] }
  | { readonly use: 'client'; readonly user: string; readonly groups: readonly string[] };

/** By the name of their files: what one authority has signed. */
export type Leaves = Readonly<Record<string, CertificateUse>>;

/** The authority in the directory: `renew` says that it should be signed anew, with the key that it has. */
export async function readAuthority(dir: string, now: Millis): Promise<{ pair: KeyPair; renew: boolean } | undefined> {
  const found = await readPair(dir, 'ca');
  if (found.cert === undefined && found.key === undefined) return undefined;
  const cert = parsedPair(found);
  if (!cert) {
    throw new UserError(
      `the certificate authority in ${dir} is damaged (ca.crt and ca.key do not belong together or cannot be read): ` +
        'put both files back from a copy, or remove both to make a new authority and then a new kubeconfig',
    );
  }
  return { pair: found as KeyPair, renew: left(cert, now) <= RENEW.authority };
}

/** The pair of that name, unless it has to be made: it is missing, damaged, of another authority, soon expires, or lacks a host. */
export async function readLeaf(
  dir: string,
  name: string,
  wanted: CertificateUse,
  authority: KeyPair,
  now: Millis,
): Promise<KeyPair | undefined> {
  const found = await readPair(dir, name);
  const cert = parsedPair(found);
  const trusted = cert?.verify(new X509Certificate(authority.cert).publicKey);
  return cert && trusted && left(cert, now) > RENEW[wanted.use] && covers(cert, wanted) ? (found as KeyPair) : undefined;
}

/** The key first: a certificate whose key is missing would be found and refused, a key alone is replaced. */
export async function writePair(dir: string, name: string, pair: KeyPair): Promise<KeyPair> {
  await replaceFile(join(dir, `${name}.key`), pair.key, 0o600);
  await replaceFile(join(dir, `${name}.crt`), pair.cert, 0o644);
  return pair;
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
