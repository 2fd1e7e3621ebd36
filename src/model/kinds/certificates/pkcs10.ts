import { createPublicKey, verify } from 'node:crypto';
import { messageOf } from '../../../base/index.ts';
import { elementsOf, malformed, membersOf, type Element } from './der.ts';
import { pemBlocks } from './pem.ts';

/** What of a request for a certificate (PKCS#10) decides who signs it. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Of which kinds its other names are. */
  readonly alternatives: ReadonlySet<AlternativeName>;
}

export type AlternativeName = 'email' | 'dns' | 'uri' | 'ip';

type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: string };

interface Parts {
  readonly info: Element;
  readonly algorithm: Element;
  readonly signature: Element;
}

const SEQUENCE = 0x30;
const ATTRIBUTES = 0xa0;

/** The subject of the request in a PEM text in base64. */
export function readSubject(request: string): Read<{ readonly subject: RequestedSubject }> {
  return attempt(() => ({ subject: subjectOf(partsOf(request).info) }));
}

/** What is wrong with the request in a PEM text in base64: it cannot be read, or its own key has not signed it. */
export function requestProblem(request: string): string | undefined {
  const read = attempt(() => {
    const parts = partsOf(request);
    subjectOf(parts.info);
    return { problem: signatureProblem(parts) };
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

function partsOf(request: string): Parts {
  const [block] = pemBlocks(Buffer.from(request, 'base64').toString('latin1'));
  if (block?.type !== 'CERTIFICATE REQUEST') throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const [info, algorithm, signature, ...others] = membersOf(block.bytes, SEQUENCE);
  if (!info || !algorithm || !signature || others.length > 0) throw malformed('a request is made of three parts');
  return { info, algorithm, signature };
}

const NAMES = { '550403': 'commonName', '55040a': 'organization' } as const;

function subjectOf({ content }: Element): RequestedSubject {
  const [, name, , ...others] = elementsOf(content);
  if (!name) throw malformed('a request has a subject');
  const parts = elementsOf(name.content).flatMap((set) => elementsOf(set.content).map(({ content: part }) => elementsOf(part)));
  const said = (wanted: (typeof NAMES)[keyof typeof NAMES]) =>
    parts.flatMap(([type, value]) => (type && value && NAMES[hex(type) as keyof typeof NAMES] === wanted ? [textOf(value)] : []));
  return {
    commonName: said('commonName').at(-1) ?? '',
    organizations: said('organization'),
    alternatives: alternativesOf(others.find(({ tag }) => tag === ATTRIBUTES)),
  };
}

const hex = ({ content }: Element) => content.toString('hex');

const ENCODINGS: Readonly<Record<number, (bytes: Buffer) => string>> = {
  0x0c: (bytes) => bytes.toString('utf8'),
  0x12: (bytes) => bytes.toString('latin1'),
  0x13: (bytes) => bytes.toString('latin1'),
  0x14: (bytes) => bytes.toString('latin1'),
  0x16: (bytes) => bytes.toString('latin1'),
  0x1e: (bytes) =>
    Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le'),
};

/** A name that is not understood here could be understood where it counts: such a request is refused. */
function textOf({ tag, content }: Element): string {
  const decode = ENCODINGS[tag];
  if (!decode) throw malformed('a name is no text');
  return decode(content);
}

const EXTENSION_REQUEST = '2a864886f70d01090e';
const SUBJECT_ALT_NAME = '551d11';
const ALTERNATIVES: Readonly<Record<number, AlternativeName>> = { 0x81: 'email', 0x82: 'dns', 0x86: 'uri', 0x87: 'ip' };

function alternativesOf(attributes: Element | undefined): ReadonlySet<AlternativeName> {
  const extensions = elementsOf(attributes?.content ?? Buffer.alloc(0))
    .map(({ content }) => elementsOf(content))
    .filter(([type]) => type && hex(type) === EXTENSION_REQUEST)
    .flatMap(([, values]) => elementsOf(values!.content))
    .flatMap(({ content }) => elementsOf(content))
    .map(({ content }) => elementsOf(content));
  const names = extensions
    .filter(([type]) => type && hex(type) === SUBJECT_ALT_NAME)
    .flatMap((extension) => membersOf(extension.at(-1)!.content, SEQUENCE));
  return new Set(names.flatMap(({ tag }) => ALTERNATIVES[tag] ?? []));
}

interface Algorithm {
  readonly key: 'rsa' | 'ec' | 'ed25519';
  readonly hash: string | null;
}

const RSA = '2a864886f70d0101';
const ECDSA = '2a8648ce3d04';

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  [`${RSA}05`]: { key: 'rsa', hash: 'sha1' },
  [`${RSA}0b`]: { key: 'rsa', hash: 'sha256' },
  [`${RSA}0c`]: { key: 'rsa', hash: 'sha384' },
  [`${RSA}0d`]: { key: 'rsa', hash: 'sha512' },
  [`${ECDSA}01`]: { key: 'ec', hash: 'sha1' },
  [`${ECDSA}0302`]: { key: 'ec', hash: 'sha256' },
  [`${ECDSA}0303`]: { key: 'ec', hash: 'sha384' },
  [`${ECDSA}0304`]: { key: 'ec', hash: 'sha512' },
  '2b6570': { key: 'ed25519', hash: null },
};

const FAILURES: Readonly<Record<Algorithm['key'], string>> = {
  rsa: 'crypto/rsa: verification error',
  ec: 'x509: ECDSA verification failure',
  ed25519: 'x509: Ed25519 verification failure',
};

const UNIMPLEMENTED = 'x509: cannot verify signature: algorithm unimplemented';

/** Who asks must hold the key: the request is signed with it. */
function signatureProblem({ info, algorithm, signature }: Parts): string | undefined {
  const [, , publicKey] = elementsOf(info.content);
  const [type] = elementsOf(algorithm.content);
  const known = type && ALGORITHMS[hex(type)];
  if (!known || !publicKey) return UNIMPLEMENTED;
  const key = createPublicKey({ key: publicKey.whole, format: 'der', type: 'spki' });
  if (key.asymmetricKeyType !== known.key) return UNIMPLEMENTED;
  // The first byte of a bit string says how many bits of its last one do not count: of a signature all do.
  return verify(known.hash, info.whole, key, signature.content.subarray(1)) ? undefined : FAILURES[known.key];
}
