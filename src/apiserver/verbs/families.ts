import { invalidObject, type Kind, type Service } from '../../model/index.ts';

const FAMILIES = ['IPv4', 'IPv6'] as const;
const [FAMILY] = FAMILIES;

/** The cluster has addresses of one family. Endpoints that nobody selects may be of any, where no address leads to them. */
export function pickFamilies(kind: Kind, { metadata, spec }: Service): Pick<Service['spec'], 'ipFamilies' | 'ipFamilyPolicy'> {
  const isFree = spec.clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0;
  const { ipFamilyPolicy = isFree ? 'RequireDualStack' : 'SingleStack', ipFamilies = [] } = spec;
  const invalid = (path: (string | number)[], value: string, why: string) =>
    invalidObject(kind, metadata.name, [
      { reason: 'FieldValueInvalid', path: ['spec', ...path], message: `Invalid value: ${JSON.stringify(value)}: ${why}` },
    ]);
  if (isFree) {
    const families = ipFamilies.length > 0 ? ipFamilies : FAMILIES.slice(0, 1);
    const others = ipFamilyPolicy === 'SingleStack' ? [] : FAMILIES.filter((family) => !families.includes(family));
    return { ipFamilies: [...families, ...others], ipFamilyPolicy };
  }
  const foreign = ipFamilies.findIndex((family) => family !== FAMILY);
  if (foreign >= 0) throw invalid(['ipFamilies', foreign], ipFamilies[foreign]!, 'not configured on this cluster');
  if (ipFamilyPolicy === 'RequireDualStack') {
    throw invalid(['ipFamilyPolicy'], ipFamilyPolicy, 'this cluster is not configured for dual-stack services');
  }
  return { ipFamilies: [FAMILY], ipFamilyPolicy };
}
