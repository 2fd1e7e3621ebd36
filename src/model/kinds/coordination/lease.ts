import { dns1123Subdomain } from '../../meta/index.ts';
import { LEASES, type Lease } from '../../types/index.ts';
import { invalid } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';

export const LEASE = declareKind<Lease>({
  ref: LEASES,
  schema: { definition: 'coordination.v1.Lease' },
  name: dns1123Subdomain,
  needsRevision: true,
  createdByUpdate: true,
  validate: ({ spec }) => {
    const { leaseDurationSeconds: duration, leaseTransitions: transitions } = spec ?? {};
    return [
      ...(duration !== undefined && duration <= 0 ? [invalid(['spec', 'leaseDurationSeconds'], duration, 'must be greater than 0')] : []),
      ...(transitions !== undefined && transitions < 0
        ? [invalid(['spec', 'leaseTransitions'], transitions, 'must be greater than or equal to 0')]
        : []),
    ];
  },
  columns: [NAME, textColumn('Holder'), AGE],
  row: (lease, clock) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', ageOf(lease, clock)],
});
