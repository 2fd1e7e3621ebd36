import type { Ingress, IngressClass } from '../../model/index.ts';

/** What an IngressClass names for Ingresses that are served here. */
export const CONTROLLER = 'slipway.dev/ingress';
const OLD_CLASS = 'kubernetes.io/ingress.class';

/** Those of a class of ours; one that names no class is nobody's, since the default is written into it when it is made. */
export function ingressesOfOurs(ingresses: readonly Ingress[], classes: readonly IngressClass[]): readonly Ingress[] {
  const ours = new Set(classes.flatMap(({ metadata, spec }) => (spec?.controller === CONTROLLER ? [metadata.name] : [])));
  return ingresses.filter(({ metadata, spec }) => ours.has(spec.ingressClassName ?? metadata.annotations?.[OLD_CLASS] ?? ''));
}
