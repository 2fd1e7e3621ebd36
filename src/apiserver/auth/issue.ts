import 'reflect-metadata';
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';
import type { Millis } from '../../base/index.ts';
import { CLOCK_SKEW } from './lifetimes.ts';
import type { CertificateUse, KeyPair } from './pairs.ts';

export const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Makes a certificate with a new key, or for the authority with the key that it already has. */
export async function issueCertificate(
  wanted: CertificateUse,
  now: Millis,
  life: Millis,
  from: { authority?: KeyPair; key?: string } = {},
): Promise<KeyPair> {
  const keys = from.key ? await importKeys(from.key) : await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const authority = from.authority && new x509.X509Certificate(from.authority.cert);
  const signer = from.authority ? (await importKeys(from.authority.key)).privateKey : keys.privateKey;
  const end = now + life;
  const subject = subjectOf(wanted);
  const cert = await x509.X509CertificateGenerator.create({
    subject,
    issuer: authority?.subject ?? subject,
    notBefore: new Date(now - CLOCK_SKEW),
    notAfter: new Date(authority ? Math.min(end, authority.notAfter.getTime()) : end),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey as x509.PublicKeyType,
    signingKey: signer,
    extensions: [
      ...extensionsOf(wanted),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as x509.PublicKeyType),
      await x509.AuthorityKeyIdentifierExtension.create(authority?.publicKey ?? (keys.publicKey as x509.PublicKeyType)),
    ],
  });
  const key = from.key ?? x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { cert: `${cert.toString('pem')}\n`, key: key.endsWith('\n') ? key : `${key}\n` };
}

function subjectOf(wanted: CertificateUse): x509.JsonName {
  if (wanted.use === 'authority') return [{ CN: ['slipway-ca'] }];
  if (wanted.use === 'server') return [{ CN: ['slipway-apiserver'] }];
  return [...wanted.groups.map((group) => ({ O: [group] })), { CN: [wanted.user] }];
}

function extensionsOf(wanted: CertificateUse): x509.Extension[] {
  const { digitalSignature, keyCertSign, cRLSign } = x509.KeyUsageFlags;
  if (wanted.use === 'authority') {
    return [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(digitalSignature | keyCertSign | cRLSign, true),
    ];
  }
  const common = [new x509.BasicConstraintsExtension(false, undefined, true), new x509.KeyUsagesExtension(digitalSignature, true)];
  if (wanted.use === 'client') return [...common, new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])];
  return [
    ...common,
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(wanted.hosts.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
  ];
}

export async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const secret = createPrivateKey(pem);
  const pkcs8 = secret.export({ type: 'pkcs8', format: 'der' });
  const spki = createPublicKey(secret).export({ type: 'spki', format: 'der' });
  return {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']),
  };
}
