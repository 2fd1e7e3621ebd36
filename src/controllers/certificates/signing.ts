import {
  CERTIFICATE_SIGNING_REQUESTS,
  formatTime,
  isSaid,
  readRequest,
  type CertificateSigningRequest,
  type ObjectKey,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { RULES } from './signers.ts';

/** What a certificate is made of. */
export interface WantedCertificate {
  /** As the request says it: a PEM text in base64. */
  readonly request: string;
  readonly usages: readonly string[];
  /** As long as the authority gives it, where nobody says. */
  readonly seconds?: number;
}

/** Gives the certificate as a PEM text. */
export type SignCertificate = (wanted: WantedCertificate) => Promise<string>;

/** Signs what was approved for the signers that are part of a cluster, with the authority of this one. */
export function signingController(sign: SignCertificate): Controller {
  return {
    name: 'certificatesigningrequest-signing',
    reads: [CERTIFICATE_SIGNING_REQUESTS],
    concurrency: 1,
    start: ({ client, clock }) => {
      const requests = client.informer(CERTIFICATE_SIGNING_REQUESTS);
      const write = (request: CertificateSigningRequest, status: CertificateSigningRequest['status']) =>
        client.updateStatus(CERTIFICATE_SIGNING_REQUESTS, { ...request, status: { ...request.status, ...status } }).catch(ignoreNotFound);
      return {
        triggers: [on(CERTIFICATE_SIGNING_REQUESTS, ({ after }) => (after && isToSign(after) ? [after.metadata.name] : []))],
        reconcile: async (name: ObjectKey) => {
          const found = requests.get(name);
          if (!found || !isToSign(found)) return SETTLED;
          const problem = refusalOf(found);
          if (problem) {
            const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message: problem };
            const conditions = [...(found.status?.conditions ?? []), { ...failed, lastUpdateTime: formatTime(clock.now()) }];
            await write(found, { conditions });
            return SETTLED;
          }
          const { request, usages = [], expirationSeconds } = found.spec;
          const certificate = await sign({ request, usages, seconds: expirationSeconds });
          await write(found, { certificate: Buffer.from(certificate).toString('base64') });
          return SETTLED;
        },
      };
    },
  };
}

function isToSign(request: CertificateSigningRequest): boolean {
  if (request.status?.certificate || !isSaid(request, 'Approved')) return false;
  return !isSaid(request, 'Denied') && !isSaid(request, 'Failed') && request.spec.signerName in RULES;
}

function refusalOf({ spec: { request, usages = [], signerName } }: CertificateSigningRequest): string | undefined {
  const read = readRequest(request);
  if (!read.ok) throw new Error(`the request cannot be read: ${read.error}`);
  return RULES[signerName]!(read.subject, usages);
}
