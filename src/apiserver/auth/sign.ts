import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Millis } from '../../base/index.ts';
import { ALGORITHM, importKeys } from './issue.ts';
import { validityOf } from './lifetimes.ts';
import type { KeyPair } from './pairs.ts';

/** A certificate that somebody asks for with a key that only they have. */
export interface SignRequest {
  /** In base64: PKCS#10, whose signature has been verified. */
  readonly request: string;
  readonly usages: readonly string[];
  readonly seconds?: number | undefined;
}

const KEY_USAGES: Readonly<Record<string, number>> = {
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
};

const EXTENDED_USAGES: Readonly<Record<string, string>> = {
  'client auth': x509.ExtendedKeyUsage.clientAuth,
  'server auth': x509.ExtendedKeyUsage.serverAuth,
};

const SUBJECT_ALT_NAME = '2.5.29.17';

/** Nothing of what a request says of itself is taken over but its subject, its key, and its other names. */
export async function signRequest({ request, usages, seconds }: SignRequest, authority: KeyPair, now: Millis): Promise<string> {
  const asked = new x509.Pkcs10CertificateRequest(Buffer.from(request, 'base64'));
  const issuer = new x509.X509Certificate(authority.cert);
  const { from, until } = validityOf(seconds, now, Date.parse(new X509Certificate(authority.cert).validTo));
  const flags = usages.reduce((all, usage) => all | (KEY_USAGES[usage] ?? 0), 0);
  const extended = usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
  const unknown = usages.filter((usage) => !(usage in KEY_USAGES) && !(usage in EXTENDED_USAGES));
  if (unknown.length > 0) throw new Error(`nobody signs for ${unknown.join(', ')}`);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: asked.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(from),
    notAfter: new Date(until),
    signingAlgorithm: ALGORITHM,
    publicKey: asked.publicKey,
    signingKey: (await importKeys(authority.key)).privateKey,
    extensions: [
      ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
      ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...asked.extensions.filter(({ type }) => type === SUBJECT_ALT_NAME),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
