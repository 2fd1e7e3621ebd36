import { messageOf } from '../../base/index.ts';
import type { Client } from '../../client/index.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICE_NAME_LABEL, SERVICES, type ObjectKey } from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { indexLabels } from '../indexes.ts';
import { SETTLED, type ControllerContext, type Outcome, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { firstTerm, podsSelectedBy } from '../servicepods.ts';
import { ZONE, type ZoneOf } from './endpoint.ts';
import { isOurs } from './slice.ts';
import { decideSlices, type SliceChanges } from './slices.ts';

export function endpointSliceReconciler({ client, events }: ControllerContext): Reconcile {
  const services = client.informer(SERVICES);
  const selectedPods = podsSelectedBy(client.informer(PODS));
  const nodes = client.informer(NODES);
  const zoneOf: ZoneOf = (name) => nodes.get(name)?.metadata.labels?.[ZONE];
  const slicesLabelled = indexLabels(client.informer(ENDPOINT_SLICES));

  return async (key: ObjectKey): Promise<Outcome> => {
    const service = services.get(key);
    if (!service || service.metadata.deletionTimestamp || !firstTerm(service)) return SETTLED;
    const slices = slicesLabelled(service.metadata.namespace!, [SERVICE_NAME_LABEL, service.metadata.name]);
    const ours = slices.filter((slice) => isOurs(slice) && !slice.metadata.deletionTimestamp);
    try {
      await writeSlices(client, decideSlices(service, selectedPods(service), ours, zoneOf));
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      const message = `Error updating Endpoint Slices for Service ${key}: ${messageOf(error)}`;
      events.event({ kind: SERVICES, object: service }, 'Warning', 'FailedToUpdateEndpointSlices', message);
      throw error;
    }
    return SETTLED;
  };
}

/** What is new is written before what is left goes: no address is missing in between. */
export async function writeSlices(client: Client, { create, update, remove }: SliceChanges): Promise<void> {
  await Promise.all(create.map((slice) => client.create(ENDPOINT_SLICES, slice)));
  await Promise.all(update.map((slice) => client.update(ENDPOINT_SLICES, slice)));
  for (const { metadata } of remove) {
    const { name, namespace, uid } = metadata;
    await client.delete({ kind: ENDPOINT_SLICES, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
  }
}
