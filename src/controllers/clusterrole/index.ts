/** Keeps the rules of a cluster role that gathers those of others what they are there. */
import { equalJson } from '../../base/index.ts';
import { CLUSTER_ROLES, type ObjectKey } from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { gatherRules } from './gather.ts';

export const clusterRoleController: Controller = {
  name: 'clusterrole-aggregation',
  reads: [CLUSTER_ROLES],
  concurrency: 1,
  start: ({ client }) => {
    const roles = client.informer(CLUSTER_ROLES);
    return {
      // Whatever changed, there are few roles that gather.
      triggers: [
        on(CLUSTER_ROLES, () =>
          roles
            .list()
            .filter(({ aggregationRule }) => aggregationRule)
            .map(({ metadata }) => metadata.name),
        ),
      ],
      reconcile: async (name: ObjectKey) => {
        const role = roles.get(name);
        if (!role?.aggregationRule) return SETTLED;
        const rules = gatherRules(role, roles.list());
        if (!equalJson(role.rules ?? [], rules)) await client.update(CLUSTER_ROLES, { ...role, rules });
        return SETTLED;
      },
    };
  },
};
