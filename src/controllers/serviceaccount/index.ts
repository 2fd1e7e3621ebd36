/** Gives every namespace its ServiceAccount `default`: pods that name no other run as it. */
import { NAMESPACES, SERVICE_ACCOUNTS, type ObjectKey } from '../../model/index.ts';
import { isStatus } from '../../base/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { isNamespaceTerminating } from '../refusals.ts';

const NAME = 'default';

export const serviceAccountController: Controller = {
  name: 'serviceaccount',
  reads: [NAMESPACES, SERVICE_ACCOUNTS],
  concurrency: 1,
  start: ({ client }) => {
    const namespaces = client.informer(NAMESPACES);
    const accounts = client.informer(SERVICE_ACCOUNTS);
    return {
      triggers: [
        on(NAMESPACES, ({ after }) => (after ? [after.metadata.name] : [])),
        on(SERVICE_ACCOUNTS, ({ before, after }) => (before?.metadata.name === NAME && !after ? [before.metadata.namespace!] : [])),
      ],
      reconcile: async (namespace: ObjectKey) => {
        const live = namespaces.get(namespace);
        if (!live || live.metadata.deletionTimestamp || accounts.get(`${namespace}/${NAME}`)) return SETTLED;
        try {
          await client.create(SERVICE_ACCOUNTS, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace } });
        } catch (error) {
          if (!isStatus(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error;
        }
        return SETTLED;
      },
    };
  },
};
