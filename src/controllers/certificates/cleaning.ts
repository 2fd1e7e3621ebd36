import { X509Certificate } from 'node:crypto';
import type { Millis } from '../../base/index.ts';
import {
  CERTIFICATE_SIGNING_REQUESTS,
  isSaid,
  parseTime,
  type CertificateRequestCondition,
  type CertificateSigningRequest,
  type ObjectKey,
} from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, SETTLED, type Controller, type Outcome } from '../loop.ts';

const HOUR: Millis = 60 * 60 * 1000;
const KEPT = { decided: HOUR, pending: 24 * HOUR };

/** Removes requests that nobody needs any more, or that nobody cares for. */
export const cleaningController: Controller = {
  name: 'certificatesigningrequest-cleaner',
  reads: [CERTIFICATE_SIGNING_REQUESTS],
  concurrency: 1,
  start: ({ client, clock }) => ({
    triggers: [on(CERTIFICATE_SIGNING_REQUESTS, ({ after }) => (after ? [after.metadata.name] : []))],
    reconcile: async (name: ObjectKey): Promise<Outcome> => {
      const request = client.informer(CERTIFICATE_SIGNING_REQUESTS).get(name);
      const end = request && endOf(request);
      if (end === undefined) return SETTLED;
      const wait = end - clock.now();
      if (wait > 0) return { kind: 'waiting', afterMs: wait, on: 'its time to go' };
      const { uid, resourceVersion } = request!.metadata;
      await client.delete({ kind: CERTIFICATE_SIGNING_REQUESTS, name }, { preconditions: { uid, resourceVersion } }).catch(ignoreNotFound);
      return SETTLED;
    },
  }),
};

/** When a request goes. One that was approved and not signed waits for its signer. */
export function endOf(request: CertificateSigningRequest): Millis | undefined {
  const { metadata, status } = request;
  const { conditions = [], certificate } = status ?? {};
  if (metadata.deletionTimestamp) return undefined;
  if (conditions.length === 0) return after(metadata.creationTimestamp, KEPT.pending);
  const isIssued = Boolean(certificate) && isSaid(request, 'Approved');
  const decided = conditions.filter(({ type }) => type === 'Denied' || type === 'Failed' || (type === 'Approved' && isIssued));
  const ends = [...decided.map(decidedEnd), isIssued ? expiryOf(certificate!) : undefined].filter((end) => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

const decidedEnd = ({ lastUpdateTime }: CertificateRequestCondition) => after(lastUpdateTime, KEPT.decided);

function after(time: string | null | undefined, kept: Millis): Millis | undefined {
  const at = parseTime(time);
  return at === undefined ? undefined : at + kept;
}

function expiryOf(certificate: string): Millis | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return undefined;
  }
}
