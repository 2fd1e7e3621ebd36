import { ENDPOINT_SLICES, keyOf, PODS, SERVICE_NAME_LABEL, SERVICES, type EndpointSlice, type ObjectKey } from '../../model/index.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { servicesSelecting } from '../servicepods.ts';
import { endpointSliceReconciler } from './reconcile.ts';
import { isOurs } from './slice.ts';

export const endpointSliceController: Controller = {
  name: 'endpointslice',
  reads: [SERVICES, PODS, ENDPOINT_SLICES],
  concurrency: 8,
  start: (context) => {
    const selecting = servicesSelecting(context.client.informer(SERVICES));
    return {
      triggers: [
        on(SERVICES, ({ after }) => (after ? [keyOf(after)] : [])),
        onEither(PODS, selecting),
        onEither(ENDPOINT_SLICES, serviceOf),
      ],
      reconcile: endpointSliceReconciler(context),
    };
  },
};

function serviceOf(slice: EndpointSlice): readonly ObjectKey[] {
  const name = isOurs(slice) ? slice.metadata.labels?.[SERVICE_NAME_LABEL] : undefined;
  return name ? [`${slice.metadata.namespace}/${name}`] : [];
}
