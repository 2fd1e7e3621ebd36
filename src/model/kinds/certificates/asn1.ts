import { createRequire } from 'node:module';
import type { CertificationRequest } from '@peculiar/asn1-csr';
import type { Extensions, SubjectAlternativeName } from '@peculiar/asn1-x509';
import type { PemBlock } from '@peculiar/utils/pem';

/** Read when the first certificate is asked for: they take 17 MB, and most clusters never see one. */
const library = createRequire(import.meta.url);

/** The blocks of a text; what stands between them is passed over. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return (library('@peculiar/utils/pem') as typeof import('@peculiar/utils/pem')).decode(text);
}

export function parseRequest(bytes: Uint8Array): CertificationRequest {
  return parse(bytes, (library('@peculiar/asn1-csr') as typeof import('@peculiar/asn1-csr')).CertificationRequest);
}

export function parseExtensions(bytes: ArrayBuffer): Extensions {
  return parse(bytes, x509().Extensions);
}

export function parseAlternatives(bytes: ArrayBuffer): SubjectAlternativeName {
  return parse(bytes, x509().SubjectAlternativeName);
}

/** DER. */
export function serialize(value: object): ArrayBuffer {
  return schema().AsnConvert.serialize(value);
}

const x509 = () => library('@peculiar/asn1-x509') as typeof import('@peculiar/asn1-x509');

function parse<T>(bytes: ArrayBuffer | Uint8Array, type: new () => T): T {
  return schema().AsnConvert.parse(bytes, type);
}

const schema = () => library('@peculiar/asn1-schema') as typeof import('@peculiar/asn1-schema');
