import type { Informer } from '../../client/index.ts';
import {
  ENDPOINT_SLICES,
  keyOf,
  matches,
  PODS,
  selectorFromLabels,
  SERVICE_NAME_LABEL,
  SERVICES,
  type EndpointSlice,
  type ObjectKey,
  type Pod,
  type Service,
} from '../../model/index.ts';
import { labelTerm, labelTerms } from '../indexes.ts';
import { on, type Controller } from '../loop.ts';
import { firstTerm, endpointSliceReconciler } from './reconcile.ts';
import { isOurs } from './slice.ts';

const BY_SELECTOR = 'controllers/selector';

export const endpointSliceController: Controller = {
  name: 'endpointslice',
  reads: [SERVICES, PODS, ENDPOINT_SLICES],
  concurrency: 8,
  start: (context) => {
    const services = context.client.informer(SERVICES);
    services.index(BY_SELECTOR, (service) => {
      const term = firstTerm(service);
      return term ? [labelTerm(service.metadata.namespace!, ...term)] : [];
    });
    return {
      triggers: [
        on(SERVICES, ({ after }) => (after ? [keyOf(after)] : [])),
        on(PODS, ({ before, after }) => new Set([...selecting(services, before), ...selecting(services, after)])),
        on(ENDPOINT_SLICES, ({ before, after }) => new Set([...serviceOf(before), ...serviceOf(after)])),
      ],
      reconcile: endpointSliceReconciler(context),
    };
  },
};

function selecting(services: Informer<Service>, pod: Pod | undefined): readonly ObjectKey[] {
  if (!pod) return [];
  const { namespace, labels } = pod.metadata;
  return labelTerms(namespace!, labels)
    .flatMap((term) => services.by(BY_SELECTOR, term))
    .filter((service) => matches(selectorFromLabels(service.spec.selector!), labels))
    .map(keyOf);
}

function serviceOf(slice: EndpointSlice | undefined): readonly ObjectKey[] {
  const name = slice && isOurs(slice) ? slice.metadata.labels?.[SERVICE_NAME_LABEL] : undefined;
  return name ? [`${slice!.metadata.namespace}/${name}`] : [];
}
