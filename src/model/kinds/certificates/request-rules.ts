import { X509Certificate } from 'node:crypto';
import { equalJson } from '../../../base/index.ts';
import { duplicate, forbidden, invalid, notSupported, required, type FieldProblem } from '../../schema/problems.ts';
import type { CertificateRequestCondition, CertificateSigningRequest } from '../../types/index.ts';
import { pemBlocks } from './asn1.ts';
import { requestProblem } from './pkcs10.ts';
import { validateSignerName } from './signer-name.ts';

const SHORTEST = 600;
/** A signer that signed whatever it was asked to, and is no more. */
const LEGACY = 'kubernetes.io/legacy-unknown';

export function validateRequest({ spec }: CertificateSigningRequest): FieldProblem[] {
  const { request, usages = [], signerName, expirationSeconds }: Partial<CertificateSigningRequest['spec']> = spec ?? {};
  const path = ['spec'];
  const problem = requestProblem(request ?? '');
  const first = firstPlaces(usages);
  return [
    ...(problem ? [invalid([...path, 'request'], request ?? null, problem)] : []),
    ...(usages.length === 0 ? [required([...path, 'usages'])] : []),
    ...usages.flatMap((usage, i) => (first.get(usage)! < i ? [duplicate([...path, 'usages', i], usage)] : [])),
    ...(signerName === LEGACY
      ? [invalid([...path, 'signerName'], signerName, 'the legacy signerName is not allowed via this API version')]
      : validateSignerName(signerName, [...path, 'signerName'])),
    ...(expirationSeconds !== undefined && expirationSeconds < SHORTEST
      ? [invalid([...path, 'expirationSeconds'], expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)')]
      : []),
  ];
}

/** Where each text stands first. */
function firstPlaces(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map(texts.map((text, i) => [text, i] as const).toReversed());
}

type Conditions = readonly CertificateRequestCondition[];

const CONDITIONS = ['status', 'conditions'];
const CERTIFICATE = ['status', 'certificate'];
const [TRUE, FALSE, UNKNOWN] = ['True', 'False', 'Unknown'];

/** Who approves says so in conditions. */
export const APPROVALS = ['Approved', 'Denied'] as const;
/** What has been said once stays said, and is never said to be false. */
const FINAL: readonly string[] = [...APPROVALS, 'Failed'];

const conditionsOf = ({ status }: CertificateSigningRequest): Conditions => status?.conditions ?? [];

export const ofType = (request: CertificateSigningRequest, wanted: string): Conditions =>
  conditionsOf(request).filter(({ type }) => type === wanted);

/** What both doors refuse. */
export function validateConditions(request: CertificateSigningRequest, old: CertificateSigningRequest): FieldProblem[] {
  const conditions = conditionsOf(request);
  const first = firstPlaces(conditions.map(({ type }) => type));
  const removed = FINAL.filter((type) => ofType(request, type).length < ofType(old, type).length);
  return [
    ...conditions.flatMap((condition, i) => validateCondition(condition, i, first)),
    ...removed.map((type) => forbidden(CONDITIONS, `updates may not remove a condition of type ${JSON.stringify(type)}`)),
  ];
}

function validateCondition({ type, status }: CertificateRequestCondition, at: number, first: ReadonlyMap<string, number>): FieldProblem[] {
  const path = [...CONDITIONS, at];
  const known = FINAL.includes(type) ? [TRUE!] : [FALSE!, TRUE!, UNKNOWN!];
  const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
  const contradicts = opposite !== undefined && (first.get(opposite) ?? at) < at;
  return [
    ...(type ? [] : [required([...path, 'type'])]),
    ...(status ? [] : [required([...path, 'status'])]),
    ...(status && !known.includes(status) ? [notSupported([...path, 'status'], status, known)] : []),
    ...(contradicts ? [invalid(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive')] : []),
    ...(first.get(type)! < at ? [duplicate([...path, 'type'], type)] : []),
  ];
}

/** What a signer may not do. */
export function validateIssuance(request: CertificateSigningRequest, old: CertificateSigningRequest): FieldProblem[] {
  const { certificate = '' } = request.status ?? {};
  const { certificate: before = '' } = old.status ?? {};
  const problem = certificate === before ? undefined : certificateProblem(certificate);
  const approved = APPROVALS.flatMap((type) => {
    const more = ofType(request, type).length - ofType(old, type).length;
    return more > 0 ? [forbidden(CONDITIONS, `updates may not add a condition of type ${JSON.stringify(type)}`)] : [];
  });
  return [
    ...(problem ? [invalid(CERTIFICATE, '<certificate data>', problem)] : []),
    ...approved,
    ...(before && certificate !== before ? [forbidden(CERTIFICATE, 'updates may not modify existing certificate content')] : []),
  ];
}

function certificateProblem(certificate: string): string | undefined {
  if (!certificate) return undefined;
  const blocks = pemBlocks(Buffer.from(certificate, 'base64').toString('latin1'));
  for (const { label, headers, data } of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(label)}`;
    if (headers) return 'no PEM block headers are permitted';
    if (!isCertificate(data)) return 'x509: malformed certificate';
  }
  return blocks.length > 0 ? undefined : 'must contain at least one CERTIFICATE PEM block';
}

function isCertificate(bytes: Uint8Array): boolean {
  try {
    return new X509Certificate(bytes).raw.length === bytes.length;
  } catch {
    return false;
  }
}

/** Whether a status says another thing to who trusts it: only who signs may. */
export function changesIssuance(request: CertificateSigningRequest, old: CertificateSigningRequest): boolean {
  const isSame = (request.status?.certificate ?? '') === (old.status?.certificate ?? '');
  return !isSame || !equalJson(conditionsOf(request), conditionsOf(old));
}
