import { isIPv6 } from 'node:net';
import {
  invalid,
  invalidObject,
  validateServiceAddresses,
  type FieldPath,
  type FieldProblem,
  type Kind,
  type Service,
} from '../../model/index.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
const [FAMILY] = FAMILIES;
const POLICY: FieldPath = ['spec', 'ipFamilyPolicy'];

/** The cluster has addresses of one family. Endpoints that nobody selects may be of any, where no address leads to them. */
export function pickFamilies(kind: Kind, { metadata, spec }: Service): Pick<Service['spec'], 'ipFamilies' | 'ipFamilyPolicy'> {
  const refuse = (problems: readonly FieldProblem[]) => {
    if (problems.length > 0) throw invalidObject(kind, metadata.name, problems);
  };
  const isFree = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  const { ipFamilyPolicy = isFree ? 'RequireDualStack' : 'SingleStack', ipFamilies = [], clusterIPs = [] } = spec;
  refuse(validateServiceAddresses(spec));
  const isSingle = ipFamilyPolicy === 'SingleStack';
  const several = (what: string) =>
    invalid(POLICY, ipFamilyPolicy, `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`);
  refuse([
    ...(isSingle && clusterIPs.length === 2 ? [several('cluster IPs')] : []),
    ...(isSingle && ipFamilies.length === 2 ? [several('IP families')] : []),
    ...clusterIPs.flatMap((address, i) =>
      i >= ipFamilies.length && isIPv6(address)
        ? [invalid(['spec', 'clusterIPs', i], clusterIPs, 'IPv6 is not configured on this cluster')]
        : [],
    ),
  ]);
  if (isFree) {
    const families = ipFamilies.length > 0 ? ipFamilies : FAMILIES.slice(0, 1);
    const others = isSingle ? [] : FAMILIES.filter((family) => !families.includes(family));
    return { ipFamilies: [...families, ...others], ipFamilyPolicy };
  }
  refuse([
    ...(ipFamilyPolicy === 'RequireDualStack'
      ? [invalid(POLICY, ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...ipFamilies.flatMap((family, i) =>
      family === FAMILY ? [] : [invalid(['spec', 'ipFamilies', i], family, 'not configured on this cluster')],
    ),
  ]);
  return { ipFamilies: [FAMILY], ipFamilyPolicy };
}
