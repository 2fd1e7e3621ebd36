import { messageOf } from '../../base/index.ts';
import { ENDPOINTS, keyOf, PODS, SERVICES, type ObjectKey } from '../../model/index.ts';
import { ignoreNotFound } from '../claims.ts';
import { on, onEither, SETTLED, type Controller, type ControllerContext, type Reconcile } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';
import { firstTerm, podsSelectedBy, servicesSelecting } from '../servicepods.ts';
import { decideEndpoints, isOurs } from './decide.ts';

export const endpointsController: Controller = {
  name: 'endpoints',
  component: 'endpoint-controller',
  reads: [SERVICES, PODS, ENDPOINTS],
  concurrency: 8,
  start: (context) => {
    const selecting = servicesSelecting(context.client.informer(SERVICES));
    return {
      triggers: [
        on(SERVICES, ({ before, after }) => [keyOf((after ?? before)!)]),
        onEither(PODS, selecting),
        on(ENDPOINTS, ({ before, after }) => [keyOf((after ?? before)!)]),
      ],
      reconcile: endpointsReconciler(context),
    };
  },
};

function endpointsReconciler({ client, events }: ControllerContext): Reconcile {
  const services = client.informer(SERVICES);
  const endpoints = client.informer(ENDPOINTS);
  const selectedPods = podsSelectedBy(client.informer(PODS));

  return async (key: ObjectKey) => {
    const [service, present] = [services.get(key), endpoints.get(key)];
    if (!service) {
      if (present && isOurs(present)) await remove(present.metadata);
      return SETTLED;
    }
    if (service.metadata.deletionTimestamp || !firstTerm(service)) return SETTLED;
    const wanted = decideEndpoints(service, selectedPods(service), present);
    if (!wanted) return SETTLED;
    try {
      await (present ? client.update(ENDPOINTS, wanted) : client.create(ENDPOINTS, wanted));
    } catch (error) {
      if (isNamespaceTerminating(error)) return { kind: 'stalled', reason: 'NamespaceTerminating' };
      const [reason, verb] = present ? (['FailedToUpdateEndpoint', 'update'] as const) : (['FailedToCreateEndpoint', 'create'] as const);
      const message = `Failed to ${verb} endpoint for service ${key}: ${messageOf(error)}`;
      events.event({ kind: SERVICES, object: service }, 'Warning', reason, message);
      throw error;
    }
    return SETTLED;
  };

  async function remove({ name, namespace, uid }: { name: string; namespace?: string; uid?: string }): Promise<void> {
    await client.delete({ kind: ENDPOINTS, name, namespace }, { preconditions: { uid } }).catch(ignoreNotFound);
  }
}
