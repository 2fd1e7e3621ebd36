import { isStatus } from '../../base/index.ts';
import { keyOf, NODES, PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS, STORAGE_CLASSES, type ObjectKey } from '../../model/index.ts';
import { on, SETTLED, type Controller } from '../loop.ts';
import { claimReconciler } from './claims.ts';
import { CLASS } from './newvolume.ts';
import { claimsUsedBy } from './users.ts';
import { volumeReconciler } from './volumes.ts';

/** Where the built-in class keeps its volumes. */
export interface LocalVolumes {
  /** The directory of a volume, which the node makes when it is first mounted. */
  pathOf(name: string): string;
  /** Removes the directory with all that is in it. */
  remove(path: string): Promise<void>;
}

const VOLUME = 'volume ';
const CLASS_KEY = 'class';

export function volumeController(local: LocalVolumes): Controller {
  return {
    name: 'persistentvolume',
    reads: [PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, STORAGE_CLASSES, PODS, NODES],
    concurrency: 1,
    start: (context) => {
      const { client } = context;
      const [claims, volumes] = [client.informer(PERSISTENT_VOLUME_CLAIMS), client.informer(PERSISTENT_VOLUMES)];
      const unbound = () => claims.list().filter(({ status }) => status?.phase !== 'Bound').map(keyOf);
      const reconcileClaim = claimReconciler(context, local);
      const reconcileVolume = volumeReconciler(context, local);
      return {
        triggers: [
          { follow: (_client, add) => (add(CLASS_KEY), { close: () => undefined }) },
          on(PERSISTENT_VOLUME_CLAIMS, ({ before, after }) => [keyOf((after ?? before)!), ...volumes.list().filter(({ spec }) => spec.claimRef?.name === (after ?? before)!.metadata.name).map((volume) => VOLUME + keyOf(volume))]),
          on(PERSISTENT_VOLUMES, ({ before, after }) => [VOLUME + keyOf((after ?? before)!), ...claimOf(after ?? before), ...(after && !after.spec.claimRef ? unbound() : [])]),
          on(STORAGE_CLASSES, ({ after }) => (after ? unbound() : [])),
          on(PODS, ({ before, after }) => (after && (!before || before.spec.nodeName !== after.spec.nodeName) ? claimsUsedBy(after) : [])),
        ],
        reconcile: async (key: ObjectKey, signal) => {
          if (key.startsWith(VOLUME)) return reconcileVolume(key.slice(VOLUME.length), signal);
          if (key !== CLASS_KEY) return reconcileClaim(key, signal);
          await client.create(STORAGE_CLASSES, CLASS).catch((error: unknown) => {
            if (!isStatus(error, 'AlreadyExists')) throw error;
          });
          return SETTLED;
        },
      };
    },
  }; // prettier-ignore
}

function claimOf(volume: { readonly spec: { readonly claimRef?: { readonly namespace?: string; readonly name?: string } } } | undefined): readonly ObjectKey[] {
  const reference = volume?.spec.claimRef;
  return reference?.name ? [`${reference.namespace}/${reference.name}`] : [];
} // prettier-ignore
