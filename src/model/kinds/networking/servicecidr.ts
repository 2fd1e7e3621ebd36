import { dns1123Subdomain } from '../../meta/index.ts';
import { SERVICE_CIDRS, type ServiceCidr } from '../../types/index.ts';
import { invalid, required, type FieldProblem } from '../../schema/problems.ts';
import { AGE, ageOf, NAME, textColumn } from '../columns/columns.ts';
import { declareKind } from '../declare.ts';
import { parseCidr, validateCidr } from '../rules/addresses.ts';
import { immutable } from '../rules/metadata.ts';

const CIDRS = ['spec', 'cidrs'];

export const SERVICE_CIDR = declareKind<ServiceCidr>({
  ref: SERVICE_CIDRS,
  schema: { definition: 'networking.v1.ServiceCIDR' },
  name: dns1123Subdomain,
  subresources: ['status'],
  defaults: (range) => ({ ...range, spec: range.spec ?? {} }),
  initialStatus: () => ({}),
  validate: ({ spec }, old) => (old ? immutable(spec.cidrs, old.spec.cidrs, CIDRS) : validateRanges(spec)),
  columns: [NAME, textColumn('CIDRs'), AGE],
  row: (range, clock) => [range.metadata.name, (range.spec.cidrs ?? []).join(','), ageOf(range, clock)],
});

function validateRanges(spec: ServiceCidr['spec']): FieldProblem[] {
  const { cidrs = [] } = spec;
  if (cidrs.length === 0) return [required(CIDRS, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalid(CIDRS, spec, 'may only hold up to 2 values')];
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length === 2 && (families.size < 2 || families.has(undefined))) {
    return [invalid(CIDRS, spec, 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64')];
  }
  return cidrs.flatMap((cidr, i) => validateCidr(cidr, [...CIDRS, i]));
}
