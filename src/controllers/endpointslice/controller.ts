import {
  ENDPOINT_SLICES,
  keyOf,
  NODES,
  PODS,
  SERVICE_NAME_LABEL,
  SERVICES,
  type EndpointSlice,
  type Node,
  type ObjectKey,
} from '../../model/index.ts';
import { on, onEither, type Controller } from '../loop.ts';
import { servicesSelecting } from '../servicepods.ts';
import { ZONE } from './endpoint.ts';
import { endpointSliceReconciler } from './reconcile.ts';
import { isOurs } from './slice.ts';

export const endpointSliceController: Controller = {
  name: 'endpointslice',
  reads: [SERVICES, PODS, ENDPOINT_SLICES, NODES],
  concurrency: 8,
  start: (context) => {
    const services = context.client.informer(SERVICES);
    const selecting = servicesSelecting(services);
    return {
      triggers: [
        on(SERVICES, ({ after }) => (after ? [keyOf(after)] : [])),
        onEither(PODS, selecting),
        onEither(ENDPOINT_SLICES, serviceOf),
        on(NODES, ({ before, after }) => (hasMoved(before, after) ? services.list().map(keyOf) : [])),
      ],
      reconcile: endpointSliceReconciler(context),
    };
  },
};

/** Zones are said by endpoints; a node that comes or goes has none. */
function hasMoved(before: Node | undefined, after: Node | undefined): boolean {
  return before !== undefined && after !== undefined && before.metadata.labels?.[ZONE] !== after.metadata.labels?.[ZONE];
}

function serviceOf(slice: EndpointSlice): readonly ObjectKey[] {
  const name = isOurs(slice) ? slice.metadata.labels?.[SERVICE_NAME_LABEL] : undefined;
  return name ? [`${slice.metadata.namespace}/${name}`] : [];
}
