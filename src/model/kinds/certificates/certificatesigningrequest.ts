import { formatAge, pathSegment } from '../../meta/index.ts';
import { CERTIFICATE_SIGNING_REQUESTS, isSaid, type CertificateSigningRequest } from '../../types/index.ts';
import { AGE, ageOf, NAME, NONE, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import type { ObjectPart } from '../kind.ts';
import { APPROVALS, ofType, validateConditions, validateIssuance, validateRequest } from './request-rules.ts';

type Status = NonNullable<CertificateSigningRequest['status']>;

/** Who approves changes conditions alone. */
const APPROVAL: ObjectPart<CertificateSigningRequest> = {
  take: ({ status }, old) => ({ ...old, status: withConditions(old.status ?? {}, status?.conditions) }),
  validate: validateConditions,
};

/** Who signs changes everything but what was approved or denied. */
const ISSUANCE: ObjectPart<CertificateSigningRequest> = {
  take: (wanted, old) => ({ ...old, status: withConditions(wanted.status ?? {}, withApprovalsOf(wanted, old)) }),
  validate: (request, old) => [...validateConditions(request, old), ...validateIssuance(request, old)],
};

function withConditions({ certificate }: Status, conditions: Status['conditions']): Status {
  return { ...(conditions ? { conditions } : {}), ...(certificate ? { certificate } : {}) };
}

/** Where as many are there as before; else they are refused as they come. */
function withApprovalsOf(wanted: CertificateSigningRequest, old: CertificateSigningRequest): Status['conditions'] {
  const kept = APPROVALS.filter((type) => ofType(wanted, type).length === ofType(old, type).length);
  return wanted.status?.conditions?.map((condition) => {
    const same = kept.some((type) => type === condition.type) ? ofType(wanted, condition.type).indexOf(condition) : -1;
    return same < 0 ? condition : ofType(old, condition.type)[same]!;
  });
}

/** What is asked for never changes; what becomes of it is said through `approval` and `status`. */
export const CERTIFICATE_SIGNING_REQUEST = declareKind<CertificateSigningRequest>({
  ref: CERTIFICATE_SIGNING_REQUESTS,
  schema: { definition: 'certificates.v1.CertificateSigningRequest' },
  name: pathSegment,
  shortNames: ['csr'],
  subresources: ['approval', 'status'],
  parts: { approval: APPROVAL, status: ISSUANCE },
  unowned: {
    '': [['spec'], ['status']],
    approval: [['spec'], ['status', 'certificate']],
    status: [['spec'], ['status', 'conditions']],
  },
  initialStatus: () => ({}),
  prepareUpdate: (request, old) => ({ ...request, spec: old.spec }),
  validate: (request, old) => (old ? [] : validateRequest(request)),
  columns: [NAME, AGE, ...['SignerName', 'Requestor', 'RequestedDuration', 'Condition'].map(textColumn)],
  row: (request, clock) => {
    const { signerName, username = '', expirationSeconds: seconds } = request.spec ?? {};
    const duration = seconds === undefined ? NONE : formatAge(seconds * 1000);
    return [request.metadata.name, ageOf(request, clock), signerName || NONE, username, duration, conditionCell(request)];
  },
  selectable: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
});

function conditionCell(request: CertificateSigningRequest): string {
  const decided = isSaid(request, 'Denied') ? 'Denied' : isSaid(request, 'Approved') ? 'Approved' : 'Pending';
  return [decided, ...(isSaid(request, 'Failed') ? ['Failed'] : []), ...(request.status?.certificate ? ['Issued'] : [])].join(',');
}
