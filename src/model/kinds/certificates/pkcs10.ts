import { createPublicKey, verify } from 'node:crypto';
import type { CertificationRequest } from '@peculiar/asn1-csr';
import { messageOf } from '../../../base/index.ts';
import { parseAlternatives, parseExtensions, parseRequest, pemBlocks, serialize } from './asn1.ts';

/** What of a request for a certificate (PKCS#10) decides who signs it. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Of which kinds its other names are. */
  readonly alternatives: ReadonlySet<AlternativeName>;
}

export type AlternativeName = 'email' | 'dns' | 'uri' | 'ip';

type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: string };

/** The subject of the request in a PEM text in base64, and what of the text is the request. */
export function readRequest(request: string): Read<{ readonly subject: RequestedSubject; readonly der: Uint8Array }> {
  return attempt(() => {
    const { der, decoded } = decode(request);
    return { subject: subjectOf(decoded), der };
  });
}

/** What is wrong with the request in a PEM text in base64: it cannot be read, or its own key has not signed it. */
export function requestProblem(request: string): string | undefined {
  const read = attempt(() => {
    const { decoded } = decode(request);
    subjectOf(decoded);
    return { problem: signatureProblem(decoded) };
  });
  return read.ok ? read.problem : read.error;
}

function attempt<T extends object>(read: () => T): Read<T> {
  try {
    return { ok: true, ...read() };
  } catch (error) {
    return { ok: false, error: messageOf(error) };
  }
}

/** No honest request is as long, and reading it would hold up everybody. */
const LARGEST = 64 * 1024;

function decode(request: string): { readonly der: Uint8Array; readonly decoded: CertificationRequest } {
  const [block] = pemBlocks(Buffer.from(request, 'base64').toString('latin1'));
  if (block?.label !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  if (block.data.length > LARGEST) throw new Error(`asn1: structure error: longer than ${LARGEST} bytes`);
  try {
    return { der: block.data, decoded: parseRequest(block.data) };
  } catch (error) {
    throw new Error(`asn1: structure error: ${messageOf(error)}`, { cause: error });
  }
}

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';

function subjectOf({ certificationRequestInfo: { subject, attributes } }: CertificationRequest): RequestedSubject {
  const parts = subject.flatMap((names) => [...names]);
  const said = (wanted: string) => parts.filter(({ type }) => type === wanted).map(({ value }) => textOf(value));
  return { commonName: said(COMMON_NAME).at(-1) ?? '', organizations: said(ORGANIZATION), alternatives: alternativesOf(attributes ?? []) };
}

/** A name that is not understood here could be understood where it counts: such a request is refused. */
function textOf(value: { readonly anyValue?: ArrayBuffer; toString(): string }): string {
  if (value.anyValue) throw new Error('asn1: structure error: a name is no text');
  return value.toString();
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
const SUBJECT_ALT_NAME = '2.5.29.17';

function alternativesOf(attributes: CertificationRequest['certificationRequestInfo']['attributes']): ReadonlySet<AlternativeName> {
  const names = attributes
    .filter(({ type }) => type === EXTENSION_REQUEST)
    .flatMap(({ values }) => values.flatMap((value) => [...parseExtensions(value)]))
    .filter(({ extnID }) => extnID === SUBJECT_ALT_NAME)
    .flatMap(({ extnValue }) => [...parseAlternatives(extnValue.buffer)]);
  const found = names.flatMap((name): readonly AlternativeName[] => {
    if (name.rfc822Name !== undefined) return ['email'];
    if (name.dNSName !== undefined) return ['dns'];
    if (name.uniformResourceIdentifier !== undefined) return ['uri'];
    return name.iPAddress === undefined ? [] : ['ip'];
  });
  return new Set(found);
}

interface Algorithm {
  readonly key: 'rsa' | 'ec' | 'ed25519';
  readonly hash: string | null;
}

const RSA = '1.2.840.113549.1.1';
const ECDSA = '1.2.840.10045.4';

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  [`${RSA}.5`]: { key: 'rsa', hash: 'sha1' },
  [`${RSA}.11`]: { key: 'rsa', hash: 'sha256' },
  [`${RSA}.12`]: { key: 'rsa', hash: 'sha384' },
  [`${RSA}.13`]: { key: 'rsa', hash: 'sha512' },
  [`${ECDSA}.1`]: { key: 'ec', hash: 'sha1' },
  [`${ECDSA}.3.2`]: { key: 'ec', hash: 'sha256' },
  [`${ECDSA}.3.3`]: { key: 'ec', hash: 'sha384' },
  [`${ECDSA}.3.4`]: { key: 'ec', hash: 'sha512' },
  '1.3.101.112': { key: 'ed25519', hash: null },
};

const FAILURES: Readonly<Record<Algorithm['key'], string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

const UNIMPLEMENTED = 'x509: cannot verify signature: algorithm unimplemented';

/** Who asks must hold the key: the request is signed with it. */
function signatureProblem(request: CertificationRequest): string | undefined {
  const { certificationRequestInfoRaw: signed, signatureAlgorithm, signature, certificationRequestInfo } = request;
  const known = ALGORITHMS[signatureAlgorithm.algorithm];
  if (!known || !signed) return UNIMPLEMENTED;
  const key = createPublicKey({ key: Buffer.from(serialize(certificationRequestInfo.subjectPKInfo)), format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== known.key) return UNIMPLEMENTED;
  return verify(known.hash, Buffer.from(signed), key, Buffer.from(signature)) ? undefined : FAILURES[known.key];
}
