import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralNames,
} from '@peculiar/x509';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate that vouches for itself. */
export async function selfSigned(name: string): Promise<TlsFiles> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const notBefore = new Date('2020-01-01T00:00:00Z');
  const notAfter = new Date('2120-01-01T00:00:00Z');
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore,
    notAfter,
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: made.toString('pem'), key };
}

const KEYS = {
  ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
  ed25519: { name: 'Ed25519' },
} as const;

interface Requested {
  readonly key?: keyof typeof KEYS;
  readonly names?: JsonGeneralNames;
}

/** What `openssl req -new` makes for this subject, as a PEM text. */
export async function certificateRequest(subject: string, { key = 'ec', names }: Requested = {}): Promise<string> {
  const algorithm = KEYS[key];
  const made = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys: (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair,
    signingAlgorithm: algorithm,
    extensions: names ? [new SubjectAlternativeNameExtension(names)] : [],
  });
  return made.toString('pem');
}
