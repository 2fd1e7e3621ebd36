/** Says of a claim that is to grow who is waited for: a driver's own program makes volumes grow. */
import { keyOf, PERSISTENT_VOLUME_CLAIMS, type ObjectKey, type PersistentVolumeClaim } from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { sizeOf } from '../volumes/match.ts';

const WAITING = 'waiting for an external controller to expand this PVC';

export const expandController: Controller = {
  name: 'persistentvolume-expander',
  component: 'volume_expand',
  reads: [PERSISTENT_VOLUME_CLAIMS],
  concurrency: 1,
  start: ({ client, events }) => {
    const claims = client.informer(PERSISTENT_VOLUME_CLAIMS);
    return {
      triggers: [
        on(PERSISTENT_VOLUME_CLAIMS, ({ before, after }) => (after && asked(after) > asked(before) && grows(after) ? [keyOf(after)] : [])),
      ],
      reconcile: async (key: ObjectKey) => {
        const claim = claims.get(key);
        if (claim && grows(claim)) {
          events.event({ kind: PERSISTENT_VOLUME_CLAIMS, object: claim }, 'Normal', 'ExternalExpanding', WAITING);
        }
        return SETTLED;
      },
    };
  },
};

const asked = (claim: PersistentVolumeClaim | undefined) => sizeOf(claim?.spec.resources?.requests?.['storage']);

function grows(claim: PersistentVolumeClaim): boolean {
  const { phase, capacity } = claim.status ?? {};
  return phase === 'Bound' && asked(claim) > sizeOf(capacity?.['storage']);
}
