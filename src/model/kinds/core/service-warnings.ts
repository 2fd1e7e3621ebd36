import type { Service } from '../../types/index.ts';

const HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY = 'service.kubernetes.io/topology-mode';

/** What of a Service means nothing, or soon will. */
export function serviceWarnings({ metadata, spec }: Service): readonly string[] {
  const { type, clusterIP, externalIPs = [], externalName, loadBalancerIP, sessionAffinity, trafficDistribution } = spec;
  const isName = type === 'ExternalName';
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None';
  const warnings: readonly (readonly [is: boolean, text: string])[] = [
    [metadata.annotations?.[HINTS] !== undefined, `annotation ${HINTS} is deprecated, please use ${TOPOLOGY} instead`],
    [isHeadless && Boolean(loadBalancerIP), 'spec.loadBalancerIP is ignored for headless services'],
    [isHeadless && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'],
    [isHeadless && sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'],
    [!isHeadless && !isName && externalIPs.length > 0, 'spec.externalIPs is deprecated'],
    [isName && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isName && Boolean(externalName), 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [trafficDistribution === 'PreferClose', 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'],
  ];
  return warnings.flatMap(([is, text]) => (is ? [text] : []));
}
