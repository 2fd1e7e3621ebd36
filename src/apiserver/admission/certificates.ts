import {
  CERTIFICATE_SIGNING_REQUESTS,
  formatTime,
  readRequest,
  resourceName,
  SIGNERS,
  type CertificateSigningRequest,
  type Manifest,
} from '../../model/index.ts';
import type { Caller } from '../api.ts';
import { MASTERS } from '../auth/index.ts';
import { forbidden } from '../refusals.ts';
import { withSpec, type AdmissionStep } from './step.ts';

const REQUESTS = [resourceName(CERTIFICATE_SIGNING_REQUESTS)];
const requestOf = (object: Manifest) => object as unknown as CertificateSigningRequest;

/** Who asks for a certificate is who sends the request, whatever it says; and what becomes of it has its time. */
export const certificateRequest: AdmissionStep = {
  name: 'CertificateRequest',
  of: REQUESTS,
  mutate: ({ object, old, subresource, caller }, { now }) => {
    if (!old) return requestOf(object).spec ? withRequester(object, caller) : object;
    return subresource ? withTimes(object, requestOf(old), formatTime(now)) : object;
  },
};

function withRequester(object: Manifest, { user, uid, groups, extra = {} }: Caller): Manifest {
  return withSpec(object, {
    username: user,
    uid: uid || undefined,
    groups,
    extra: Object.keys(extra).length > 0 ? extra : undefined,
  });
}

function withTimes(object: Manifest, old: CertificateSigningRequest, now: string): Manifest {
  const { status } = requestOf(object);
  const conditions = status?.conditions?.map((condition) => {
    const same = old.status?.conditions?.find(({ type, status: is }) => type === condition.type && is === condition.status);
    return {
      ...condition,
      lastUpdateTime: condition.lastUpdateTime ?? now,
      lastTransitionTime: condition.lastTransitionTime ?? same?.lastTransitionTime ?? now,
    };
  });
  return conditions ? ({ ...object, status: { ...status, conditions } } as unknown as Manifest) : object;
}

/** Nobody becomes an administrator by a request. */
export const certificateSubjectRestriction: AdmissionStep = {
  name: 'CertificateSubjectRestriction',
  of: REQUESTS,
  judge: ({ kind, object, operation }) => {
    if (operation !== 'create') return [];
    const { spec, metadata } = requestOf(object);
    if (spec.signerName !== SIGNERS.client) return [];
    const read = readRequest(spec.request);
    if (!read.ok) throw forbidden(kind, metadata.name, `failed to parse CSR: ${read.error}`);
    if (!read.subject.organizations.includes(MASTERS)) return [];
    throw forbidden(kind, metadata.name, `use of ${SIGNERS.client} signer with ${MASTERS} group is not allowed`);
  },
};
