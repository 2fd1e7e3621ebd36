import { messageOf } from '../../base/index.ts';
import {
  ENDPOINTS,
  ENDPOINT_SLICES,
  keyOf,
  SERVICE_NAME_LABEL,
  SERVICES,
  type Endpoints,
  type EndpointSlice,
  type ObjectKey,
  type Service,
} from '../../model/index.ts';
import { writeSlices } from '../endpointslice/reconcile.ts';
import { indexLabels } from '../indexes.ts';
import { on, onEither, SETTLED, type Controller, type ControllerContext, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { decideMirrors, isMirror, isToMirror, MOST_ADDRESSES, mirrorOf } from './decide.ts';

export const endpointSliceMirroringController: Controller = {
  name: 'endpointslicemirroring',
  reads: [SERVICES, ENDPOINTS, ENDPOINT_SLICES],
  concurrency: 4,
  start: (context) => {
    const services = context.client.informer(SERVICES);
    const hasSelector = (key: ObjectKey) => services.get(key)?.spec.selector !== undefined;
    return {
      triggers: [
        on(ENDPOINTS, ({ before, after }) => [keyOf((after ?? before)!)].filter((key) => !hasSelector(key))),
        on(SERVICES, ({ before, after }) => (isAsOpen(before, after) ? [] : [keyOf((after ?? before)!)])),
        onEither(ENDPOINT_SLICES, endpointsOf),
      ],
      reconcile: mirroringReconciler(context),
    };
  },
};

/** Only for a Service without a selector are Endpoints kept by hand. */
function isAsOpen(before: Service | undefined, after: Service | undefined): boolean {
  return before !== undefined && after !== undefined && Boolean(before.spec.selector) === Boolean(after.spec.selector);
}

function endpointsOf(slice: EndpointSlice): readonly ObjectKey[] {
  return isMirror(slice) ? [`${slice.metadata.namespace}/${slice.metadata.labels![SERVICE_NAME_LABEL]}`] : [];
}

function mirroringReconciler({ client, events }: ControllerContext): Reconcile {
  const services = client.informer(SERVICES);
  const endpoints = client.informer(ENDPOINTS);
  const slicesLabelled = indexLabels(client.informer(ENDPOINT_SLICES));

  return async (key: ObjectKey) => {
    const [namespace, name] = key.split('/') as [string, string];
    const [service, original] = [services.get(key), endpoints.get(key)];
    const isMirrored = service && original && !original.metadata.deletionTimestamp && isToMirror(original, service);
    const present = slicesLabelled(namespace, [SERVICE_NAME_LABEL, name]).filter(isMirror);
    const { slices, skipped } = isMirrored ? mirrorOf(original) : { slices: [], skipped: 0 };
    const changes = decideMirrors(slices, present);
    try {
      await writeSlices(client, changes);
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      if (original)
        tell(original, 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Endpoints ${key}: ${messageOf(error)}`);
      throw error;
    }
    if (skipped > 0 && changes.create.length + changes.update.length > 0) {
      const limit = `A max of ${MOST_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset`;
      tell(original!, 'TooManyAddressesToMirror', `${limit}. ${skipped} addresses were skipped`);
    }
    return SETTLED;
  };

  function tell(object: Endpoints, reason: string, message: string): void {
    events.event({ kind: ENDPOINTS, object }, 'Warning', reason, message);
  }
}
