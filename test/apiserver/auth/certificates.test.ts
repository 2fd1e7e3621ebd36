import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureCertificates, signCertificate } from '../../../src/apiserver/auth/index.ts';
import { validityOf } from '../../../src/apiserver/auth/lifetimes.ts';
import { certificateRequest } from '../../tools/certificate.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const DAY = 24 * 60 * 60 * 1000;

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-certificates-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('the server certificate is signed by the authority and names every address a client may use', async () => {
  const made = await ensureCertificates(dir, ['10.1.2.3', 'slipway.example'], NOW);
  const server = new X509Certificate(made.server.cert);
  const ca = new X509Certificate(made.ca);
  expect(ca.ca).toBe(true);
  expect(server.ca).toBe(false);
  expect(server.checkIssued(ca)).toBe(true);
  expect(server.verify(ca.publicKey)).toBe(true);
  for (const name of ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'slipway.example']) {
    expect(server.checkHost(name), name).toBeDefined();
  }
  for (const address of ['127.0.0.1', '::1', '10.1.2.3']) expect(server.checkIP(address), address).toBeDefined();
  expect(server.checkPrivateKey(createPrivateKey(made.server.key))).toBe(true);
  expect(server.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
});

test('the administrator is in the group system:masters', async () => {
  const { admin } = await ensureCertificates(dir, [], NOW);
  expect(new X509Certificate(admin.cert).toLegacyObject().subject).toEqual({ O: 'system:masters', CN: 'slipway-admin' });
});

test('keys can be read by their owner only', async () => {
  await ensureCertificates(dir, [], NOW);
  for (const name of ['ca', 'server', 'admin']) {
    expect((await stat(join(dir, `${name}.key`))).mode & 0o777, name).toBe(0o600);
  }
});

test('a second start finds the same certificates', async () => {
  const first = await ensureCertificates(dir, ['10.1.2.3'], NOW);
  expect(await ensureCertificates(dir, ['10.1.2.3'], NOW + DAY)).toEqual(first);
});

test('another listen address gives a new server certificate, and nothing else changes', async () => {
  const first = await ensureCertificates(dir, [], NOW);
  const second = await ensureCertificates(dir, ['10.9.9.9'], NOW);
  expect({ ...second, server: first.server }).toEqual(first);
  expect(new X509Certificate(second.server.cert).checkIP('10.9.9.9')).toBe('10.9.9.9');
});

test('certificates are renewed before they expire, under the same authority', async () => {
  const first = await ensureCertificates(dir, [], NOW);
  const later = NOW + 300 * DAY;
  const second = await ensureCertificates(dir, [], later);
  expect(second.ca).toBe(first.ca);
  for (const pair of [second.server, second.admin]) {
    expect(Date.parse(new X509Certificate(pair.cert).validTo)).toBeGreaterThan(later + 364 * DAY);
    expect(new X509Certificate(pair.cert).verify(new X509Certificate(first.ca).publicKey)).toBe(true);
  }
});

test('an authority near its end is renewed with its key: what it signed stays trusted', async () => {
  const first = await ensureCertificates(dir, [], NOW);
  const second = await ensureCertificates(dir, [], NOW + 3000 * DAY);
  expect(second.ca).not.toBe(first.ca);
  expect(new X509Certificate(first.admin.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(true);
});

test('no certificate outlives the authority', async () => {
  await ensureCertificates(dir, [], NOW);
  const { ca, server } = await ensureCertificates(dir, [], NOW + 2900 * DAY);
  expect(Date.parse(new X509Certificate(server.cert).validTo)).toBeLessThanOrEqual(Date.parse(new X509Certificate(ca).validTo));
});

test('a damaged server certificate is made again', async () => {
  await ensureCertificates(dir, [], NOW);
  await writeFile(join(dir, 'server.crt'), 'not a certificate');
  const { server } = await ensureCertificates(dir, [], NOW);
  expect(await readFile(join(dir, 'server.crt'), 'utf8')).toBe(server.cert);
  expect(new X509Certificate(server.cert).checkHost('localhost')).toBe('localhost');
});

test('a damaged authority is never replaced silently', async () => {
  await ensureCertificates(dir, [], NOW);
  await rm(join(dir, 'ca.key'));
  await expect(ensureCertificates(dir, [], NOW)).rejects.toThrow(/certificate authority in .* is damaged.*put both files back/);
});

describe('who asks for so long is given', () => {
  const [HOUR, MINUTES] = [3_600_000, 5 * 60_000];
  test.each<[string, number | undefined, number, number]>([
    ['a year', undefined, 3650 * DAY, 365 * DAY - MINUTES],
    ['no more than a year', 2 ** 31 - 1, 3650 * DAY, 365 * DAY - MINUTES],
    ['a day, from five minutes ago', 86_400, 3650 * DAY, DAY - MINUTES],
    ['all of a short time', 3600, 3650 * DAY, HOUR],
    ['no more than the authority has', undefined, 10 * DAY, 10 * DAY],
  ])('%s', (_, seconds, authority, until) => {
    expect(validityOf(seconds, NOW, NOW + authority)).toEqual({ from: NOW - MINUTES, until: NOW + until });
  });
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('what is signed has the key, the subject and the other names of its request, and its usages alone', async () => {
  const { ca } = await ensureCertificates(dir, [], NOW);
  const request = base64(await certificateRequest('O=dev, CN=jane', { key: 'rsa', names: [{ type: 'dns', value: 'jane.example.com' }] }));
  const signed = new X509Certificate(
    await signCertificate(dir, { request, usages: ['client auth', 'key encipherment'], seconds: 3600 }, NOW),
  );
  expect(signed.verify(new X509Certificate(ca).publicKey)).toBe(true);
  expect(signed.toLegacyObject().subject).toEqual({ O: 'dev', CN: 'jane' });
  expect([signed.subjectAltName, signed.ca, signed.publicKey.asymmetricKeyType]).toEqual(['DNS:jane.example.com', false, 'rsa']);
  expect([signed.keyUsage, Date.parse(signed.validTo)]).toEqual([['1.3.6.1.5.5.7.3.2'], NOW + 3_600_000]);
});

test('of several requests in one text the one is signed that was judged', async () => {
  await ensureCertificates(dir, [], NOW);
  const [admin, jane] = [await certificateRequest('O=system:masters, CN=eve'), await certificateRequest('CN=Zoë')];
  const sign = (text: string) => signCertificate(dir, { request: base64(text), usages: ['client auth'] }, NOW);
  const signed = new X509Certificate(await sign(`${jane}\n${admin}`));
  expect({ ...signed.toLegacyObject().subject }).toEqual({ CN: 'Zoë' });
  const torn = admin.replace('-----END CERTIFICATE REQUEST-----', '-----END REQUEST-----');
  await expect(sign(`${torn}\n${jane}`)).rejects.toThrow('the request cannot be read');
});
